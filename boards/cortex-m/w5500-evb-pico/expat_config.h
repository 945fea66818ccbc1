#include "../../bare/expat_config.h"
