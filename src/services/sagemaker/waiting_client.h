// SPDX-License-Identifier: Apache-2.0
// When a Describe is held: for clients that look, sleep for half a minute and look again, so that what takes two seconds
// costs her thirty. Who they are, and which of their looks is worth holding, stands here with its source. Pure but for the
// record store's watch.
//
// SDK v1, v2 fit(): DescribeTrainingJob once, at once; if the job has ended by then the logs are read and fit() returns,
// else a loop sleeps 10 s a round and looks again every 30 s (sagemaker/session.py, logs_for_job). So the looks of a job's
// first 20 s are held until it has ended, and later ones only while it stops or uploads: a held look keeps her from reading
// the log meanwhile.
// SDK v1 deploy(): DescribeEndpoint at once, then every 30 s (wait_for_endpoint). Each is held until the status changes.
// SDK v2 deploy(): sleeps 30 s before it looks for the first time (session.py, _wait_until), which nobody can shorten.
// (v1 with botocore 1.31 or newer goes by boto3's name alone: decision 0017.)
// SDK v3 looks every 5 s, and once right after a create() that need not wait: never held. Nor is anybody else.
#pragma once

#include <string_view>

#include "services/sagemaker/dependencies.h"
#include "services/service.h"

namespace sagebrush::services::sagemaker {

// By the User-Agent that the SDK sets (sagemaker/user_agent.py).
bool SleepsBetweenLooks(std::string_view user_agent);

HoldRule HoldTrainingJob(metastore::RecordStore& records);
HoldRule HoldEndpoint(metastore::RecordStore& records);

}  // namespace sagebrush::services::sagemaker
