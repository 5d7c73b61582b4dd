"""What a step of the optimiser costs with our orthogonal steps and with PyTorch's, on the convolutions of the network that ships.

python Testing/benchmarks/muon_step.py [--threads 1] [--steps 3]
"""

import argparse
import time

import torch

from mrifoundation.engine.weights import find_weights
from mrifoundation.model import load_model
from mrifoundation_training.muon import MuonWithAdamW


def seconds(step, steps: int) -> float:
    """Of the fastest of `steps` calls, after one that warms up."""
    step()
    took = []
    for _ in range(steps):
        began = time.perf_counter()
        step()
        took.append(time.perf_counter() - began)
    return min(took)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--steps", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    network = load_model(find_weights(), torch.device("cpu"))[0].network
    convolutions = [weight for weight in network.parameters() if weight.ndim == 5]
    ours = MuonWithAdamW([{"params": convolutions, "pace": 1.0}], 1e-3, 0.0)
    for weight in convolutions:
        weight.requires_grad_().grad = torch.randn_like(weight)
    matrices = [torch.nn.Parameter(weight.detach().flatten(1).clone()) for weight in convolutions]
    for matrix, weight in zip(matrices, convolutions, strict=True):
        matrix.grad = weight.grad.flatten(1)
    theirs = torch.optim.Muon(matrices, lr=1e-3, adjust_lr_fn="match_rms_adamw")
    own, other = seconds(ours.step, options.steps), seconds(theirs.step, options.steps)
    print(
        f"{len(convolutions)} convolutions: ours {own:.3f} s a step, torch.optim.Muon {other:.3f} s, {other / own:.0f} times as long"
    )


if __name__ == "__main__":
    main()
