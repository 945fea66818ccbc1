#include "boards/bare/mbedtls_config.h"
