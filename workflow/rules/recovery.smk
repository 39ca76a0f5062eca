# What a run that was killed leaves behind is cleared away, so that the same command goes on from
# there: no --unlock, no --rerun-incomplete.

import fcntl
from base64 import urlsafe_b64decode


def recover(records=Path(".snakemake")):
    """Drop the locks and the unfinished outputs of runs that are no more.

    As long as a run lives it holds a shared lock on a file, which the system releases whatever ends
    it. Whoever gets that lock for itself alone is the only run alive: what others have left in
    Snakemake's records is stale then. An output that is marked as unfinished is deleted, hence made
    again, as --rerun-incomplete would.
    """
    records.mkdir(exist_ok=True)
    alive = open(records / "alive", "a")
    try:
        fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pass  # another run is alive: if it is in the way, Snakemake says so
    except OSError:
        return None  # a file system without such locks: Snakemake asks for --unlock
    else:
        for lock in records.glob("locks/*"):
            lock.unlink()
        for marker in [path for path in records.glob("incomplete/**/*") if path.is_file()]:
            # Snakemake cuts long names into folders, all but the last with an @ before them
            parts = marker.relative_to(records / "incomplete").parts
            output = Path(urlsafe_b64decode("".join(part.lstrip("@") for part in parts)).decode())
            if output.parts[:1] == ("results",):
                output.unlink(missing_ok=True)
                marker.unlink()
        for temporary in Path("results").rglob(".[0-9]*.*"):  # of flowbounds.run.files.replacing
            temporary.unlink(missing_ok=True)
    fcntl.flock(alive, fcntl.LOCK_SH)
    return alive


ALIVE = recover()  # held until this process ends
