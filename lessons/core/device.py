"""The best device of this machine. Nothing else in the course names a device."""

import torch


def best() -> torch.device:
    """CUDA (an NVIDIA or AMD card), else MPS (an Apple chip), else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def describe() -> str:
    """One plain sentence about where the models of the course will run."""
    device = best()
    if device.type == "cuda":
        memory = torch.cuda.get_device_properties(device).total_memory / 2**30
        name = torch.cuda.get_device_name(device)
        return f"The models run on the graphics card {name} with {memory:.0f} GiB of memory."
    if device.type == "mps":
        return "The models run on the graphics cores of this Apple chip."
    threads = torch.get_num_threads()
    count = "one thread" if threads == 1 else f"{threads} threads"
    return f"The models run on the processor, with {count}. That is enough for every lesson."
