"""How long tests wait. Whoever waits for a condition goes on as soon as it is there, so a long patience costs nothing while all is
well; a short one fails on a machine that has other work."""
import os

PATIENCE_S = 60  # for what takes an idle machine a second or two, at a load of eight and in the build with sanitizers


def busy() -> float:
    """How many times as long as an idle one this machine takes, or a little more. For what has to be quick: the bound is the one
    that is promised, on a machine that has nothing else to do."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
