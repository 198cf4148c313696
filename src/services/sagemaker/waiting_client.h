// SPDX-License-Identifier: Apache-2.0
// When a Describe is held: for clients that look, sleep for half a minute and look again, so that what takes two seconds
// costs her thirty. Who they are, and which of their looks is worth holding, stands here with its source. Pure but for the
// record store's watch, and one record that is read for SDK v1's deploy().
//
// SDK v1, v2 fit(): DescribeTrainingJob once, at once; if the job has ended by then the logs are read and fit() returns,
// else a loop sleeps 10 s a round and looks again every 30 s (sagemaker/session.py, logs_for_job). So the looks of a job's
// first 20 s are held until it has ended, and later ones only while it stops or uploads: a held look keeps her from reading
// the log meanwhile.
// SDK v1 deploy(): DescribeEndpoint at once, then every 30 s (wait_for_endpoint). Each is held until the status changes.
// SDK v1 with botocore 1.31 or newer goes by boto3's name alone. What it sent to create the job or endpoint tells, and that
// it looks at once: that first look is held (decision 0017 says what is asked for, and who else may meet it).
// SDK v2 deploy(): sleeps 30 s before it looks for the first time (session.py, _wait_until), which nobody can shorten.
// boto3's waiters and `aws … wait`: a look at once, then every 30 s (endpoints) or 120 s (training jobs). Today's botocore
// says so in the User-Agent (useragent.py, the feature WAITER; seen in 1.43.62 and 1.44.8): each of their looks is held.
// SDK v3 looks every 5 s, and once right after a create() that need not wait: never held. Nor is anybody else.
#pragma once

#include <string_view>

#include "metastore/record_store.h"
#include "services/sagemaker/dependencies.h"
#include "services/service.h"

namespace sagebrush::services::sagemaker {

enum class Client {
  kSdk,         // SDK v1 or v2 by its own name (sagemaker/user_agent.py)
  kWaiter,      // a waiter of boto3's or the command line's
  kPlainBoto3,  // boto3 with a botocore that may hide SDK v1
  kOther,
};
Client ClientOf(std::string_view user_agent);

// SDK v1's create_endpoint() sends a list of tags also when it has none: noted while the request is at hand.
void NoteWhoCreatedEndpoint(const Json& input, metastore::Record* record);

HoldRule HoldTrainingJob(metastore::RecordStore& records);
HoldRule HoldEndpoint(metastore::RecordStore& records);

}  // namespace sagebrush::services::sagemaker
