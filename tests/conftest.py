"""What tests share: the repository, real image files where there are any, and workflow runs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from flowbounds.networks.devices import set_up

set_up("cpu", threads=1)  # as every job of the pipeline: sums have the same bits only on one thread

REPOSITORY = Path(__file__).parents[1]

TINY = """
run: {device: cpu}
simulation: {d: [2, 3], m: [4, 6], eta: [1.0e-3, 1.0e-2], seeds: 2, n_train: 20, n_test: 30,
             iterations: 20, euler_steps: 5, projections: 8}
images: {components: 3, m: [4, 6], eta: [1.0e-3, 1.0e-2], seeds: 2, n_train: 20, n_test: 64,
         iterations: 20, euler_steps: 5, projections: 8, showcase: {m: 6, eta: 1.0e-2}}
start: {d: [2, 3], m: [4, 6], kappa: [0.1, 1.0], seeds: 2, n_train: 20, n_test: 30, iterations: 20,
        euler_steps: 5, projections: 8}
ntk: {d: [2], n: [10], m: [4, 8], kappa: [0.1, 1.0], seeds: 2, iterations: 20}
thm32_inside: {d: [1, 2], n: [3, 4], m: [4, 8], seeds: 2, iterations: 20, split_m: [4, 8],
               starts: 3, split_iterations: 5}
ntk_spectrum: {d: [2, 3], n: [8, 10], seeds: 2}
generalization: {d: [2, 3], n: [10, 20], m: [4, inf], tau_min: [0.0, 0.2], seeds: 2, n_test: 30,
                 iterations: 20}
thm33_causes: {d: [1, 2], n: [10, 20], tau_min: [0.0, 0.2], m: 8, seeds: 2, n_test: 30}
lemma34_tasks: {d: [1, 2], tasks: [1, 2], n: [10, 20], seeds: 2}
lemma34_coverage: {tasks: [1, 2], n: [10, 20], networks: 4, m: 4, seeds: 2, samples: 3,
                   population: 30}
sampling: {d: [2, 3], n: [10, 20], m: [4], b1: [1.0, 2.0], seeds: 2, n_test: 20, iterations: 20,
           euler_steps: 5, projections: 8}
thm35_causes: {d: [1, 2], n: [10, 20], b1: [4.0], start: [0.0, 0.2], steps: [2, 4], seeds: 2,
               n_test: 20}
sup_norm: {d: [1, 2], n: [10, 20], m: 4, tau_min: [0.2, 0.5], seeds: 2, iterations: 20}
dfm_discretization: {targets: [gaussian, correlated], steps: [2, 4], d: [1, 2]}
dfm_drift_error: {targets: [gaussian], steps: [2], epsilon: [0.1, 1.0], perturbations: [constant]}
dfm_dimension: {targets: [gaussian, equicorrelated], steps: [2], d: [1, 4]}
dfm_moments: {targets: [gaussian, separated], steps: [2], scale: [1.0, 2.0], separation: [0.0, 1.0]}
dfm_correlation: {rho: [-0.5, 0.0, 0.5, 1.0], steps: [2, 4]}
dfm_bases: {bases: [gaussian, skewed], scale: [0.5, 2.0], steps: [2, 4]}
dfm_diagonal: {targets: [diagonal, diagonal_correlated], d: [1, 2], steps: [2, 4]}
dfm_worst_case: {reach: [1.5, 2.0], steps: [2, 4], points: 4}
dfm_early_stopping: {targets: [two_points], steps: [2, 4], delta: [0.1, 0.2]}
dfm_point_mass: {d: [1, 2], steps: [2, 4], delta: [0.1, 0.2]}
dfm_smoothness: {a: [1.0, inf], nu: [5.0], steps: [2, 4, 8], steps_heavy: [2, 4]}
dfm_early_path: {targets: [two_points], steps: [2, 4], delta: [0.1, 0.2], small_delta: [0.1, 0.2]}
dfm_wasserstein: {targets: [mixture, correlated], steps: [2, 4, 8], d: [1, 2], epsilon: [0.1, 1.0]}
dfm_learned: {targets: [mixture, triangle], n: [10, 20], m: [4], steps: [2, 4],
              steps_in_plane: [2, 4], seeds: 2, iterations: 20, batch: 8, paths: 50}
dfm_images: {steps: [2, 4], delta: [0.0, 0.1], m: 4, seeds: 2, n_train: 20, n_test: 66,
             iterations: 20, batch: 8, projections: 8}
"""


class Workspace:
    """A copy of the tracked files in which Snakemake runs for real."""

    def __init__(self, folder: Path, config: str = TINY) -> None:
        self.folder = folder
        self.overlays = ["tiny.yaml"]
        self.environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        if not (folder / "tiny.yaml").exists():
            (folder / "tiny.yaml").write_text(config)

    @classmethod
    def create(cls, folder: Path, config: str = TINY) -> "Workspace":
        for part in ("Snakefile", "config.yaml", "environment.yml"):
            shutil.copy(REPOSITORY / part, folder / part)
        for part in ("workflow", "scripts", "docs/paper-scale"):
            shutil.copytree(
                REPOSITORY / part,
                folder / part,
                ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"),
            )
        return cls(folder, config)

    def copy(self, folder: Path) -> "Workspace":
        """Copy with results and Snakemake's records, so that only what is changed reruns."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return Workspace(folder)

    def overlay(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)
        self.overlays.append(name)

    def snakemake(self, *arguments: str, cores: int = 2) -> subprocess.CompletedProcess:
        """Run Snakemake on the overlays; output and errors come back as one text."""
        command = [sys.executable, "-m", "snakemake", "--cores", str(cores), "--nocolor"]
        return subprocess.run(
            [*command, *arguments, "--configfile", *self.overlays],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            env=self.environment,
        )

    def start(self, *arguments: str, cores: int | None = 2) -> subprocess.Popen:
        """Start the same command as :meth:`snakemake` and go on; its output goes to log.txt."""
        command = [sys.executable, "-m", "snakemake", "--nocolor"]
        command += ["--cores", str(cores)] if cores else []
        with open(self.folder / "log.txt", "w") as log:
            return subprocess.Popen(
                [*command, *arguments, "--configfile", *self.overlays],
                cwd=self.folder,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.environment,
            )

    def verify(self) -> subprocess.CompletedProcess:
        """Ask whether the results belong together, to these overlays and this code."""
        return subprocess.run(
            [sys.executable, "scripts/verify_results.py", "--configfile", *self.overlays],
            cwd=self.folder,
            capture_output=True,
            text=True,
            env=self.environment,
        )

    def build(self, *arguments: str, cores: int = 2) -> None:
        run = self.snakemake(*arguments, cores=cores)
        assert run.returncode == 0, run.stdout

    def planned(self, *arguments: str) -> dict[str, int]:
        """Return how many jobs of each rule a dry run would start."""
        run = self.snakemake("--dry-run", *arguments)
        assert run.returncode == 0, run.stdout
        if "Nothing to be done" in run.stdout:
            return {}
        lines = run.stdout.split("Job stats:")[1].split("\n\n")[0].splitlines()[3:]
        jobs = {name: int(count) for name, count in (line.split() for line in lines)}
        assert jobs.pop("total") == sum(jobs.values())
        return {name: n for name, n in jobs.items() if name not in ("all", "paper_a", "paper_b")}

    def read(self, path: str) -> bytes:
        return (self.folder / path).read_bytes()


@pytest.fixture(scope="session")
def built(tmp_path_factory, worker_id) -> Workspace:
    """The whole pipeline, run once at a tiny scale for all of pytest's workers; only to be read."""
    temporary = tmp_path_factory.getbasetemp()
    folder = (temporary if worker_id == "master" else temporary.parent) / "built"
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            folder.mkdir()
            Workspace.create(folder).build()
    return Workspace(folder)


@pytest.fixture
def workspace(built, tmp_path) -> Workspace:
    """A copy of the finished tiny run, free to change."""
    return built.copy(tmp_path)


@pytest.fixture
def unbuilt(tmp_path) -> Workspace:
    """A copy in which nothing has run yet."""
    return Workspace.create(tmp_path)


def real_images(part: str) -> Path:
    """The folder that the variable FLOWBOUNDS_DATA names, if there is such a part of it."""
    root = Path(os.environ.get("FLOWBOUNDS_DATA", "no such folder"))
    if not (root / part).exists():
        pytest.skip(f"FLOWBOUNDS_DATA names no folder with {part} in it")
    return root.resolve()


@pytest.fixture(scope="session")
def mnist_root() -> Path:
    """The folder with the real MNIST files."""
    return real_images("MNIST/raw")


@pytest.fixture(scope="session")
def fashion_root() -> Path:
    """The folder with the real Fashion-MNIST files."""
    return real_images("FashionMNIST/raw")


@pytest.fixture(scope="session")
def cifar10_subset() -> Path:
    """Real images of CIFAR-10, 4,000 and 1,000, in a file."""
    return real_images("cifar10_subset") / "cifar10_subset" / "cifar10_subset.npz"
