// SPDX-License-Identifier: Apache-2.0
// CloudWatch Logs over logstore: what the SDKs write and read. The service's handlers, by resource:
// log_group, log_stream, log_event. Borrows the store, which must outlive it. Handlers run on any
// thread and block for the disk.
#pragma once

#include <memory>

#include "logstore/log_store.h"
#include "services/service.h"

namespace sagebrush::services {

std::unique_ptr<Service> MakeLogsService(logstore::LogStore& store);

}  // namespace sagebrush::services
