// SPDX-License-Identifier: Apache-2.0
#include "services/s3/s3_service.h"

#include "services/s3/actions.h"
#include "services/s3/bucket.h"
#include "services/s3/listing.h"
#include "services/s3/multipart.h"
#include "services/s3/multipart_listing.h"
#include "services/s3/object_attributes.h"
#include "services/s3/object_read.h"
#include "services/s3/object_write.h"

namespace sagebrush::services::s3 {

namespace {

class S3Service final : public Service {
 public:
  S3Service(objectstore::ObjectStore& store, SecretLookup secret_of)
      : store_(store), secret_of_(std::move(secret_of)) {
    Document("CreateBucket", CreateBucket);
    Document("HeadBucket", HeadBucket);
    Document("ListBuckets", ListBuckets);
    Document("DeleteBucket", DeleteBucket);
    Document("GetBucketLocation", GetBucketLocation);
    Document("GetBucketVersioning", GetBucketVersioning);
    Document("ListObjects", ListObjects);
    Document("ListObjectsV2", ListObjectsV2);
    Document("ListObjectVersions", ListObjectVersions);
    Document("CopyObject", CopyObject);
    Document("DeleteObject", DeleteObject);
    Document("DeleteObjects", DeleteObjects);
    Document("CreateMultipartUpload", CreateMultipartUpload);
    Document("UploadPartCopy", UploadPartCopy);
    Document("CompleteMultipartUpload", CompleteMultipartUpload);
    Document("AbortMultipartUpload", AbortMultipartUpload);
    Document("GetObjectAttributes", GetObjectAttributes);
    Document("ListParts", ListParts);
    Document("ListMultipartUploads", ListMultipartUploads);
    Download("GetObject", GetObject);
    Download("HeadObject", HeadObject);
    UploadTo("PutObject", PutObject);
    UploadTo("UploadPart", UploadPart);
  }

  std::string_view name() const override { return "s3"; }
  const std::map<std::string, Operation, std::less<>>& operations() const override {
    return operations_;
  }

 private:
  using DocumentFunction = aws::Outcome<Json> (*)(objectstore::ObjectStore&, const RequestContext&,
                                                  const Json&);
  using DownloadFunction = aws::Outcome<std::monostate> (*)(objectstore::ObjectStore&,
                                                            const RequestContext&, const Json&,
                                                            http::Exchange&);
  using UploadFunction = aws::Outcome<std::monostate> (*)(objectstore::ObjectStore&,
                                                          const SecretLookup&,
                                                          const RequestContext&, const Json&,
                                                          http::Exchange&);

  void Document(std::string name, DocumentFunction handler) {
    Operation operation;
    operation.document = [this, handler](const RequestContext& context, const Json& input) {
      return handler(store_, context, input);
    };
    Add(std::move(name), std::move(operation));
  }
  void Download(std::string name, DownloadFunction handler) {
    Operation operation;
    operation.stream = [this, handler](const RequestContext& context, const Json& input,
                                       http::Exchange& exchange) {
      return handler(store_, context, input, exchange);
    };
    Add(std::move(name), std::move(operation));
  }
  void UploadTo(std::string name, UploadFunction handler) {
    Operation operation;
    operation.stream = [this, handler](const RequestContext& context, const Json& input,
                                       http::Exchange& exchange) {
      return handler(store_, secret_of_, context, input, exchange);
    };
    Add(std::move(name), std::move(operation));
  }
  void Add(std::string name, Operation operation) {
    operation.access = RuleOf(name);
    operations_.emplace(std::move(name), std::move(operation));
  }

  objectstore::ObjectStore& store_;
  const SecretLookup secret_of_;
  std::map<std::string, Operation, std::less<>> operations_;
};

}  // namespace

}  // namespace sagebrush::services::s3

namespace sagebrush::services {

std::unique_ptr<Service> MakeS3Service(objectstore::ObjectStore& store,
                                       s3::SecretLookup secret_of) {
  return std::make_unique<s3::S3Service>(store, std::move(secret_of));
}

}  // namespace sagebrush::services
