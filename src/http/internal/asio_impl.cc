// SPDX-License-Identifier: Apache-2.0
// Asio's own code, compiled once here (BOOST_ASIO_SEPARATE_COMPILATION). TLS is not Asio's but tls.cc's, and no Beast is used.
#include <boost/asio/impl/src.hpp>

#include "http/internal/asio.h"
