import itertools

import numpy as np

from flowbounds.data.streams import stream

KEY = ("simulation", "gaussian_mixture", 5, 16, 0, "weights")


def test_same_key_gives_same_numbers_on_every_machine():
    # written down once: a change of these digits would change every result
    np.testing.assert_array_equal(stream(*KEY).random(2), stream(*KEY).random(2))
    np.testing.assert_allclose(
        stream(*KEY).random(2), [0.12984834994943606, 0.37661413035425306], rtol=0, atol=0
    )


def test_every_part_of_the_key_matters():
    others = [
        ("images", *KEY[1:]),
        (KEY[0], "mnist", *KEY[2:]),
        (*KEY[:2], 6, *KEY[3:]),
        (*KEY[:3], 32, *KEY[4:]),
        (*KEY[:3], None, *KEY[4:]),
        (*KEY[:4], 1, KEY[5]),
        (*KEY[:5], "train x1"),
    ]
    draws = [stream(*key).random(1000) for key in [KEY, *others]]
    for one, other in itertools.combinations(draws, 2):
        # independent uniforms: the correlation of 1000 pairs has standard deviation 0.03
        assert abs(np.corrcoef(one, other)[0, 1]) < 0.15
