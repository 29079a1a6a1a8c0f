#include "statements5.h"
