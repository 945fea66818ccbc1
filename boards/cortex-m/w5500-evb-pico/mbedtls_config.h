#include "boards/bare/mbedtls_config.h"

/* There is room for tables: the curves of a handshake take half of the instructions. */
#undef MBEDTLS_ECP_WINDOW_SIZE
#undef MBEDTLS_ECP_FIXED_POINT_OPTIM
#undef MBEDTLS_MPI_WINDOW_SIZE
#define MBEDTLS_ECP_WINDOW_SIZE 4
#define MBEDTLS_ECP_FIXED_POINT_OPTIM 1
#define MBEDTLS_MPI_WINDOW_SIZE 3
