"""Whether an experiment on the Gaussian mixture meets the conditions of paper A's theorems.

Statements hold up to constants and probabilities that the paper leaves open: constants are taken
to be 1 here and the probability of failure to be DELTA, so that what fails, fails by orders of
magnitude or not at all. Read the two numbers, not only the verdict.
"""

from dataclasses import dataclass
from math import exp, factorial, inf, lgamma, log, sqrt

from flowbounds.theory.linearisation import theorem_step_size

DELTA = 0.1  # probability delta with which the theorems may fail


@dataclass(frozen=True)
class Condition:
    """One condition: ``actual relation required``."""

    condition: str
    relation: str
    required: float
    actual: float

    @property
    def holds(self) -> bool:
        if self.relation == "<":
            return self.actual < self.required
        return self.actual >= self.required


def inverse_moments(d: int) -> tuple[float, float]:
    """Return E 1/|x1| and E 1/|x1|^2 of the mixture N(+-2 e1, I_d), exactly.

    |x1|^2 is a non-central chi-squared with d degrees of freedom and non-centrality 4, hence a
    central one with d + 2 J, J ~ Poisson(2); with k degrees of freedom the two moments are
    Gamma((k-1)/2) / (sqrt 2 Gamma(k/2)) and 1/(k-2), infinite for k = 1 and for k <= 2.
    """
    first = second = 0.0
    for j in range(60):  # the rest of Poisson(2) is below 1e-60
        weight, k = exp(-2) * 2**j / factorial(j), d + 2 * j
        first += weight * (exp(lgamma((k - 1) / 2) - lgamma(k / 2)) / sqrt(2) if k > 1 else inf)
        second += weight * (1 / (k - 2) if k > 2 else inf)
    return first, second


def network_conditions(
    d: int, n: int, m: int, eta: float, kappa: float, lambda_min: float, misfit: float
) -> list[Condition]:
    """Return the conditions of Theorem 3.2, which bind the network and its training.

    Args:
        d, n, m: dimension, sample size, width.
        eta: step size of L = (1/n) sum_i |f(x_i) - v_i|^2. The theorem's multiplies an unnormalised
            gradient and is 2 eta / n for the same step; ``step_size`` compares in its units,
            ``step_size_of_mean_loss`` in ours.
        kappa: standard deviation of the first layer at initialisation. The theorem asks for
            o(lambda_min delta / (n sqrt d)).
        lambda_min: smallest eigenvalue of H_inf on the training sample.
        misfit: |U0 - V|^2, the squared residual at initialisation, summed over the sample.
    """
    largest = 2 * lambda_min / (n**2 * d**2)
    width = n**5 * misfit * d * log(n * d) / (kappa**2 * lambda_min * DELTA**3)
    return [
        Condition("step_size", "<", largest, theorem_step_size(eta, n)),
        Condition("step_size_of_mean_loss", "<", largest / theorem_step_size(1, n), eta),
        Condition("kappa", "<", lambda_min * DELTA / (n * sqrt(d)), kappa),
        Condition("width", ">=", width, m),
    ]


def data_conditions(d: int, b1: float, b0: float, largest_norm: float) -> list[Condition]:
    """Return Assumptions 1 to 4, which bind the mixture and the schedule.

    - 1, sub-Gaussian: the best-known variance proxy, 1 of the noise plus 4 of the sign, is finite.
    - 2, support in the ball of radius B1 sqrt(d): fails, a Gaussian is unbounded;
      ``bounded_sample`` asks it of the training sample alone.
    - 3: E 1/|x1| and E 1/|x1|^2 against 1/sqrt(d) and 1/d.
    - 4: the schedule and its derivatives are bounded.

    Args:
        d: dimension.
        b1: B1.
        b0: bound of the schedule and its derivatives.
        largest_norm: max_i |x1_i| of the training sample.
    """
    first, second = inverse_moments(d)
    return [
        Condition("assumption_1_sub_gaussian", "<", inf, 5.0),
        Condition("assumption_2_bounded_support", "<", b1 * sqrt(d), inf),
        Condition("assumption_2_bounded_sample", "<", b1 * sqrt(d), largest_norm),
        Condition("assumption_3_inverse_norm", "<", d**-0.5, first),
        Condition("assumption_3_inverse_square", "<", 1 / d, second),
        Condition("assumption_4_schedule", "<", inf, b0),
    ]
