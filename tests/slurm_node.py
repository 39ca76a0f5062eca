"""A real Slurm of one node on this machine's loopback: munged, slurmctld, slurmd.

Configuration, state, logs, keys and sockets lie in a folder of their own, to which a link at the
place where Slurm looks points as long as it runs: jobs look there, whatever SLURM_CONF says. A
machine that has a Slurm of its own is left alone; only the daemons started here are ended.
"""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import psutil

DAEMONS = ("munged", "slurmctld", "slurmd")
USUAL = Path("/etc/slurm/slurm.conf")
PATH = os.pathsep.join([*os.get_exec_path(), "/usr/sbin"])

CONFIG = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmdPort={node_port}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1,batch_sched_delay=0
SlurmUser=root
SlurmdUser=root
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
MpiDefault=none
MinJobAge=3600
KillWait=2
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
NodeName={host} NodeAddr=127.0.0.1 CPUs={cores} RealMemory={megabytes} State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def missing() -> str:
    """Say why no Slurm can be started here; nothing where one can."""
    if os.geteuid() != 0:
        return "Slurm's daemons are started by root only"
    if USUAL.exists():
        return f"this machine has a Slurm of its own, {USUAL}"
    lacking = [name for name in (*DAEMONS, "sbatch") if not shutil.which(name, path=PATH)]
    return f"not installed: {', '.join(lacking)}" if lacking else ""


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class SlurmNode:
    """Slurm as long as the ``with`` block lasts; ``environment`` is what its clients need."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        config = folder / "slurm.conf"
        self.environment = {**os.environ, "SLURM_CONF": str(config), "PATH": PATH}
        for part in ("state", "spool"):
            (folder / part).mkdir(parents=True)
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
        config.write_text(
            CONFIG.format(
                folder=folder,
                host=socket.gethostname().split(".")[0],
                port=_free_port(),
                node_port=_free_port(),
                cores=os.cpu_count(),
                megabytes=memory * 9 // 10,
            )
        )

    def __enter__(self) -> "SlurmNode":
        # munge insists on a key and on folders that nobody else could have written to
        key = self.folder / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(os.urandom(128))
        USUAL.parent.mkdir(exist_ok=True)
        USUAL.unlink(missing_ok=True)  # a link to nothing, of a test that was killed
        USUAL.symlink_to(self.folder / "slurm.conf")
        try:
            self._start(
                "munged",
                f"--key-file={key}",
                f"--socket={self.folder}/munge.socket",
                f"--pid-file={self.folder}/munged.pid",
                f"--log-file={self.folder}/munged.log",
                f"--seed-file={self.folder}/munged.seed",
                "--force",
            )
            self._start("slurmctld")
            self._start("slurmd")
            self._wait_until_idle()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        for name in reversed(DAEMONS):
            pid_file = self.folder / f"{name}.pid"
            if pid_file.exists():
                self._end(int(pid_file.read_text()))
        USUAL.unlink()

    def run(self, *command: str) -> str:
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=True
        ).stdout

    def _start(self, *command: str) -> None:
        subprocess.run(command, env=self.environment, check=True, timeout=30)

    def _wait_until_idle(self, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if "idle" in self.run("sinfo", "--noheader", "--format=%T"):
                return
            time.sleep(0.5)
        raise RuntimeError((self.folder / "slurmctld.log").read_text()[-2000:])

    @staticmethod
    def _end(pid: int, seconds: float = 10) -> None:
        end = time.monotonic() + seconds
        try:
            daemon = psutil.Process(pid)
            daemon.terminate()
            while daemon.status() != psutil.STATUS_ZOMBIE and time.monotonic() < end:
                time.sleep(0.1)
            daemon.kill()
        except psutil.NoSuchProcess:
            pass
