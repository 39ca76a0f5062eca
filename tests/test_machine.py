"""What a run takes of its machine: memory that jobs keep, and a GPU that is found without torch."""

import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from flowbounds.experiments import experiment
from flowbounds.run import machine

TORCH = """from typing import Optional
__version__ = '2.13.0'
cuda: Optional[str] = {cuda}
hip: Optional[str] = {hip}
"""


class TestGpu:
    @pytest.fixture(autouse=True)
    def unhidden(self, monkeypatch):
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)

    def test_what_torch_was_built_for_is_read_from_its_file(self):
        assert not machine.built_for_gpu(TORCH.format(cuda=None, hip=None))
        assert machine.built_for_gpu(TORCH.format(cuda="'12.8'", hip=None))
        assert machine.built_for_gpu(TORCH.format(cuda=None, hip="'6.4'"))

    def test_it_is_what_this_torch_says_of_itself(self):
        text = Path(torch.version.__file__).read_text()
        assert machine.built_for_gpu(text) == bool(torch.version.cuda or torch.version.hip)

    @pytest.mark.parametrize("file", ["nvidia0", "kfd", "dxg"])
    def test_a_device_file_is_a_gpu_unless_it_is_hidden(self, file, tmp_path, monkeypatch):
        monkeypatch.setattr(machine, "built_for_gpu", lambda version: True)
        (tmp_path / "nvidiactl").touch()  # is there with a driver and no card
        assert not machine.gpu(tmp_path)
        (tmp_path / file).touch()
        assert machine.gpu(tmp_path)
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
        assert not machine.gpu(tmp_path)

    def test_a_torch_for_processors_alone_has_none(self, tmp_path, monkeypatch):
        monkeypatch.setattr(machine, "built_for_gpu", lambda version: False)
        (tmp_path / "nvidia0").touch()
        assert not machine.gpu(tmp_path)

    def test_here_it_is_as_torch_finds(self):
        assert machine.gpu() == torch.cuda.is_available()

    def test_of_the_experiments_those_ask_for_it_that_compute_by_torch(self):
        assert experiment.on_device("sampling") and experiment.on_device("dfm_learned")
        assert not experiment.on_device("dfm_moments") and not experiment.on_device("assumptions")


def test_jobs_that_compute_by_torch_share_the_gpu(unbuilt):
    unbuilt.overlay("cuda.yaml", "run: {device: cuda, gpu_jobs: 2}")
    plan = unbuilt.snakemake("-n").stdout
    jobs = dict(re.findall(r"rule (\w+):\n(?:    .+\n)*?    resources: .*gpu=(\d)", plan))
    assert {jobs["train"], jobs["sample"], jobs["dfm_images"]} == {"1"}
    assert jobs["dfm_moments"] == "0" and "table" not in jobs
    # a run that starts says how many there are to share
    run = unbuilt.snakemake("contents").stdout
    assert re.search(r"Provided resources: .*gpu\b.*\b2\b", run), run


def test_a_job_on_a_gpu_asks_for_the_memory_that_cuda_takes(unbuilt):
    asked = {}
    for device in ("cpu", "cuda"):
        unbuilt.overlay("device.yaml", f"run: {{device: {device}}}")
        plan = unbuilt.snakemake("-n", "results/tables/simulation.csv", "results/tables/ntk.csv")
        jobs = r"rule (\w+):\n(?:    .+\n)*?    resources: .*\bmem_mb=(\d+)"
        asked[device] = {name: int(mb) for name, mb in re.findall(jobs, plan.stdout)}
    more = {name: mb - asked["cpu"][name] for name, mb in asked["cuda"].items()}
    mb = machine.CUDA_MB
    assert more == {"draw_data": 0, "train": mb, "sample": mb, "ntk": mb, "table": 0}


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="thresholds of the GNU C library")
def test_no_step_gives_memory_back():
    """Nine arrays of 800 kB, forty times: the system hands the pages out once, not every time."""
    program = (
        "import resource, numpy as np\n"
        "for _ in range(40):\n"
        "    several = [np.ones(100_000) for _ in range(9)]; several = None\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)"
    )

    def faults(**environment: str) -> int:
        command = [sys.executable, "-c", program]
        return int(subprocess.run(command, env=environment, capture_output=True, text=True).stdout)

    assert faults(**machine.environment()) < faults() / 3


def test_thresholds_that_the_user_has_set_stay(monkeypatch):
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "4096")
    assert machine.environment()["MALLOC_TRIM_THRESHOLD_"] == "4096"
