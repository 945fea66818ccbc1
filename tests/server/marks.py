"""Which tests run how."""
import os

import pytest

both = pytest.mark.parametrize("tls", ("direct", "starttls"))
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
network_of_its_own = pytest.mark.skipif(os.geteuid() != 0, reason="only root may make network namespaces")
