import pytest
import torch

from flowbounds.networks import products
from flowbounds.networks.products import add_product_, product


@pytest.mark.parametrize("wide", [0, 10**12])
@pytest.mark.parametrize("networks", [1, 3])
@pytest.mark.parametrize(("p", "q", "r"), [(5, 11, 37), (64, 21, 500), (50, 256, 101)])
def test_both_kernels_agree_with_double_precision(p, q, r, networks, wide, monkeypatch):
    """Sums of q products in single precision: q^0.5 roundings of 6e-8, twenty for the tails."""
    monkeypatch.setattr(products, "WIDE", wide)
    generator = torch.Generator().manual_seed(0)
    # transposed views and slices, as training passes them
    a = torch.randn(networks, q, p, generator=generator).mT
    b = torch.randn(networks, r, q + 1, generator=generator).mT[:, :q]
    c = torch.randn(networks, p + 1, r, generator=generator)[:, :p]
    exact = torch.einsum("epq,eqr->epr", a.double(), b.double())
    tolerance = 20 * 6e-8 * q**0.5 * exact.std()
    result = product(a, b, out=torch.empty(networks, p, r))
    assert (result - exact).abs().max() < tolerance
    expected = c.double() - 0.5 * exact
    add_product_(c, a, b, -0.5)
    assert (c - expected).abs().max() < tolerance


def test_double_precision_stays_double_in_wide_products(monkeypatch):
    monkeypatch.setattr(products, "WIDE", 0)
    a, b = (torch.randn(2, 30, 30, dtype=torch.float64) for _ in range(2))
    result = product(a, b, out=torch.empty(2, 30, 30, dtype=torch.float64))
    assert (result - a @ b).abs().max() < 1e-12


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("p", "q", "r"), [(1, 256, 100), (64, 5, 1), (2, 256, 1), (1, 50, 8)])
def test_a_vector_is_multiplied_alone_as_it_is_in_a_stack(p, q, r, dtype):
    generator = torch.Generator().manual_seed(0)
    a, b, c = (
        torch.randn(20, *shape, generator=generator, dtype=dtype)
        for shape in [(p, q), (q, r), (p, r)]
    )
    together, added = product(a, b), c.clone()
    add_product_(added, a, b, -0.5)
    for e in range(20):
        one = slice(e, e + 1)
        assert torch.equal(product(a[one], b[one]), together[one])
        alone = c[one].clone()
        add_product_(alone, a[one], b[one], -0.5)
        assert torch.equal(alone, added[one])


SHAPES = [(5, 11, 99), (37, 7, 501), (1, 16, 99), (64, 5, 1), (2, 256, 1), (3, 99, 37), (16, 1, 33)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("transposed", ["", "a", "b"])
@pytest.mark.parametrize(("p", "q", "r"), SHAPES)
def test_bits_do_not_depend_on_where_a_matrix_lies(p, q, r, transposed, dtype):
    """Sizes are odd: the matrices of a stack begin anywhere, those of its parts elsewhere."""

    def within(part: torch.Tensor) -> torch.Tensor:
        """The same as rows of larger matrices, as the flow has them."""
        return torch.cat([part, part], dim=1)[:, : part.shape[1]]

    def drawn(rows: int, columns: int, name: str) -> torch.Tensor:
        if name == transposed:
            return drawn(columns, rows, "").mT
        return torch.randn(7, rows, columns, generator=generator, dtype=dtype)

    generator = torch.Generator().manual_seed(0)
    a, b, c = drawn(p, q, "a"), drawn(q, r, "b"), drawn(p, r, "c")
    whole, added = product(a, b), c.clone()
    add_product_(added, a, b, -1)
    for k in (slice(0, 1), slice(3, 4), slice(2, 5), slice(1, 7)):
        for place in (torch.clone, lambda part: part, *([] if transposed else [within])):
            assert torch.equal(product(place(a[k]), place(b[k])), whole[k])
            part = place(c[k].clone())
            add_product_(part, place(a[k]), place(b[k]), -1)
            assert torch.equal(part, added[k])
