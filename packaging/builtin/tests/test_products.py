"""products.multiply: the product of factors rounded to bfloat16, however they lie; skipped where nothing multiplies bfloat16."""

from __future__ import annotations

import unittest

try:
    import torch

    import products
except ImportError:
    torch = None  # type: ignore[assignment]


@unittest.skipUnless(torch is not None and products.library(), "python3-torch, g++ or products of bfloat16 are missing")
class Products(unittest.TestCase):
    def factor(self, rows: int, columns: int, way: str) -> "torch.Tensor":
        if way == "across":
            return torch.randn(columns, rows).t()
        wide = torch.randn(rows, columns + 5)
        return wide[:, 2 : 2 + columns] if way == "within" else wide[:, :columns].contiguous()

    def test_sizes_and_ways(self) -> None:
        torch.manual_seed(1)
        for rows, columns, terms in (
            (1, 1, 1),
            (15, 17, 31),
            (32, 64, 32),
            (33, 96, 513),
            (70, 31, 1056),
            (1024, 192, 2049),
        ):
            for way in ("whole", "across", "within"):
                for other in ("whole", "across", "within"):
                    a, b = self.factor(rows, terms, way), self.factor(terms, columns, other)
                    wanted = a.bfloat16().double() @ b.bfloat16().double()
                    error = float((products.multiply(a, b) - wanted).norm() / wanted.norm())
                    self.assertLess(error, 1e-6, (rows, columns, terms, way, other))

    def test_gradients(self) -> None:
        torch.manual_seed(2)
        x, weight = torch.randn(50, 96, requires_grad=True), torch.randn(64, 96, requires_grad=True)
        ways = torch.randn(50, 64)
        (products.linear(x, weight) * ways).sum().backward()
        for got, wanted in ((x.grad, ways @ weight), (weight.grad, ways.t() @ x)):
            self.assertLess(float((got - wanted).detach().norm() / wanted.detach().norm()), 5e-3)


if __name__ == "__main__":
    unittest.main()
