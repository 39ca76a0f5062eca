"""Columns that several tables have; an experiment adds its own."""

from flowbounds.experiments.experiment import Column

DATASET = Column("dataset", "data set", "string", key=True)
TARGET = Column("target", "target law nu* of paper B", "string", key=True)
D = Column("d", "dimension of the data", "integer", symbol="d", key=True)
N = Column("n", "training sample size", "integer", symbol="n", key=True)
M = Column("m", "width of the network", "integer", symbol="m", key=True)
ETA = Column("eta", "step size of gradient descent on the mean loss", symbol="η", key=True)
KAPPA = Column("kappa", "standard deviation of the first layer at t = 0", symbol="κ", key=True)
B1 = Column("b1", "bound of the support: |x1| <= B1 sqrt(d)", symbol="B₁", key=True)
TAU_MIN = Column(
    "tau_min", "flow times are uniform on [tau_min, 1]", symbol="τ_min", unit="flow time", key=True
)
SEED = Column("seed", "repeat: data, noise and initialisation", "integer", key=True)
T = Column("t", "iteration of gradient descent", "integer", symbol="t", unit="steps", key=True)
STEPS = Column("steps", "Euler-Maruyama steps", "integer", symbol="N", key=True)
DELTA = Column(
    "delta", "sampling stops at t = 1 - delta", symbol="δ", unit="diffusion time", key=True
)

LOSS = Column("loss", "(1/n) sum_i |f(x_i) - v_i|^2 on the training sample", symbol="L")
SLICED_W1 = Column(
    "sliced_w1", "sliced W1 of generated to fresh samples", unit="length of x", symbol="SW₁"
)
W1_EXACT = Column("w1_exact", "exact W1 of as many samples", unit="length of x", symbol="W₁")
DIVERGED_AT = Column(
    "diverged_at",
    "iteration at which the network diverged; empty where it did not",
    "integer",
    unit="steps",
)
H = Column("h", "step size of the sampler; its first where steps differ", symbol="h")
KL_MARGINAL = Column("kl_marginal", "KL of the target against the generated law", unit="nats")
KL_PATH = Column("kl_path", "KL of the path measures, by Girsanov's theorem", unit="nats")
MASS_ERROR = Column("mass_error", "mass of the generated law less 1: quadrature error")
W2 = Column("w2", "W2 of the target to the generated law", unit="length of x", symbol="W₂")
BOUND_THM2 = Column("bound_thm2", "right side of paper B's Theorem 2 without drift error, C = 1")
BOUND_FOLLOWUP = Column(
    "bound_followup", "right side of the follow-up's Theorem 1 without drift error, C = 1"
)
EPSILON2 = Column(
    "epsilon2",
    "drift error sum_k h_k E|s - beta|^2 at t_k, over the law of the interpolant",
    symbol="ε²",
)
# both sides of paper B's Theorem 2 and of what the follow-up adds, of an exact law
DISTANCES = (H, KL_MARGINAL, KL_PATH, MASS_ERROR)
BOUNDS = (
    BOUND_THM2,
    BOUND_FOLLOWUP,
    Column(
        "bound_w2",
        "right side of the follow-up's Theorem 4, on W2, without drift error, C = 1",
        unit="length of x",
    ),
    Column("base_moment", "E|X_0|^8", unit="(length of x)^8"),
    Column("target_moment", "E|X_1|^8", unit="(length of x)^8"),
    Column("base_score", "E|grad log mu|^8 of the base mu", unit="(length of x)^-8"),
    Column("target_score", "E|grad log nu*|^8 of the target nu*", unit="(length of x)^-8"),
    Column(
        "tilted_score",
        "E|grad log pi~|^8 of the coupling over the heat kernel from X_0 to X_1",
        unit="(length of x)^-8",
    ),
    Column("coupling_score", "E|grad log pi|^8 of the coupling pi", unit="(length of x)^-8"),
)
