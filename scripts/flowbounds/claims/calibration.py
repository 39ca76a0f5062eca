"""How often the rule that judges is wrong: the same claims on simulated tables of known truth.

Simulated tables have the grid, the seeds, the noise and the correlation of the real ones: to the
mean entries, shifted so that theta is what the truth says, a Gaussian draw is added whose
covariance over all entries is that of the real seeds. What is simulated are the entries of the
tables on the scale on which they are judged; the contrast, the intervals and the decision are those
of the real judgement. Entries that are far from Gaussian on that scale are beyond this test.
"""

from collections.abc import Iterator

import numpy as np

from flowbounds.claims.evidence import Evidence
from flowbounds.claims.judging import LEVEL, Region, decide, seen, theta

SIMULATIONS = 400
INSIDE, LIMIT, MARGIN, VIOLATED = "with a margin", "at its limit", "at its margin", "violated"
COLUMNS = ["claim", "truth", "theta", "simulations", "upheld", "refuted", "inconclusive"]
TRUTHS = (INSIDE, LIMIT, MARGIN, VIOLATED)


def truths(evidence: Evidence, region: Region) -> dict[str, np.ndarray]:
    """Return theta of every test under each truth, shape (K,).

    Holds with a margin: as far inside the limit as ``seen`` is outside, or in the middle of a
    bounded region. At its limit: every cell exactly at what the claim prints. At its margin: every
    cell at the end of what still counts. Violated: the noisiest cell by as much as ``seen``, all
    others at the limit.
    """
    low, high, margin = region.judged(evidence.log)
    limit, sign = (high, 1) if np.isfinite(high) else (low, -1)
    beyond, worst = seen(evidence, region)
    at = np.full(len(evidence.tests), limit)
    inside = 2 * limit - beyond
    if np.isfinite(low) and np.isfinite(high):
        inside = max(inside, (low + high) / 2)
    violated = at.copy()
    violated[worst] = beyond
    return {
        INSIDE: np.full(len(at), inside),
        LIMIT: at,
        MARGIN: at + sign * margin,
        VIOLATED: violated,
    }


def simulate(
    evidence: Evidence, truth: np.ndarray, simulations: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw entries of tables in which theta is the truth, shape (simulations, K, X, S)."""
    mean = evidence.raw.mean(axis=-1)
    if evidence.effect:
        sds = evidence.raw.std(axis=-1, ddof=1)
        mean = np.stack([mean[:, 0], mean[:, 0] + truth * sds.sum(axis=-1)], axis=1)
    else:
        off = truth - theta(evidence, evidence.raw).mean(axis=-1)
        size = (evidence.weights**2).sum(axis=-1)
        mean = mean + (off / size)[:, None] * evidence.weights
    seeds = evidence.seeds
    residual = evidence.raw - evidence.raw.mean(axis=-1, keepdims=True)
    factor = residual.reshape(-1, seeds) / np.sqrt(seeds - 1)
    noise = np.einsum("es,nst->net", factor, rng.standard_normal((simulations, seeds, seeds)))
    return mean[..., None] + noise.reshape(simulations, *evidence.raw.shape)


def calibrate(
    evidence: Evidence, region: Region, simulations: int = SIMULATIONS, level: float = LEVEL
) -> Iterator[dict[str, object]]:
    """Yield, per truth, how often the claim was upheld, refuted and left open.

    Nothing is yielded of exact numbers, of too few seeds and of networks that diverged.
    """
    sound = len(evidence.tests) and np.isfinite(evidence.raw).all()
    if evidence.error is not None or not sound or not np.isfinite(seen(evidence, region)[0]):
        return
    rng = np.random.default_rng(0)
    beyond, _ = seen(evidence, region)
    for name, truth in truths(evidence, region).items():
        raw = simulate(evidence, truth, simulations, rng)
        refuted, upheld = decide(evidence, raw, region, level)
        yield {
            "truth": name,
            "theta": float(evidence.shown(beyond if name == VIOLATED else truth[0])),
            "simulations": simulations,
            "upheld": float(upheld.mean()),
            "refuted": float(refuted.mean()),
            "inconclusive": float((~upheld & ~refuted).mean()),
        }
