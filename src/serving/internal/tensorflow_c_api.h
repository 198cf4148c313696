// SPDX-License-Identifier: Apache-2.0
// The part of TensorFlow's C API that serving uses, declared here so that the build needs no
// TensorFlow. The API is stable within major version 2 (tensorflow/c/c_api.h, tf_tensor.h,
// tf_tstring.h); the names below are looked up at run time. All functions may be called from any
// thread on distinct objects; SessionRun also on the same session.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sagebrush::serving {

struct TF_Status;
struct TF_Tensor;
struct TF_Graph;
struct TF_Session;
struct TF_SessionOptions;
struct TF_Operation;
struct TF_OperationDescription;
struct TF_ImportGraphDefOptions;
struct TF_Buffer {
  const void* data;
  std::size_t length;
  void (*data_deallocator)(void* data, std::size_t length);
};
struct TF_Output {
  TF_Operation* oper;
  int index;
};
// Opaque to us; its size is part of the ABI (TF_TSTRING in
// tensorflow/core/platform/ctstring_internal.h: 24 bytes).
struct TF_TString {
  alignas(8) unsigned char bytes[24];
};

enum TF_DataType : int {
  TF_FLOAT = 1,
  TF_DOUBLE = 2,
  TF_INT32 = 3,
  TF_UINT8 = 4,
  TF_INT16 = 5,
  TF_INT8 = 6,
  TF_STRING = 7,
  TF_INT64 = 9,
  TF_BOOL = 10,
  TF_BFLOAT16 = 14,
  TF_UINT16 = 17,
  TF_HALF = 19,
  TF_UINT32 = 22,
  TF_UINT64 = 23,
};
inline constexpr int TF_INVALID_ARGUMENT = 3;  // TF_Code

struct TensorflowCApi {
  const char* (*Version)();

  TF_Status* (*NewStatus)();
  void (*DeleteStatus)(TF_Status*);
  int (*GetCode)(const TF_Status*);
  const char* (*Message)(const TF_Status*);

  TF_Buffer* (*NewBuffer)();
  TF_Buffer* (*NewBufferFromString)(const void* proto, std::size_t length);
  void (*DeleteBuffer)(TF_Buffer*);

  TF_Tensor* (*AllocateTensor)(TF_DataType, const std::int64_t* dims, int num_dims,
                               std::size_t length);
  void (*DeleteTensor)(TF_Tensor*);
  TF_DataType (*TensorType)(const TF_Tensor*);
  int (*NumDims)(const TF_Tensor*);
  std::int64_t (*Dim)(const TF_Tensor*, int index);
  std::size_t (*TensorByteSize)(const TF_Tensor*);
  void* (*TensorData)(const TF_Tensor*);

  void (*StringInit)(TF_TString*);
  void (*StringCopy)(TF_TString*, const char* source, std::size_t size);
  const char* (*StringGetDataPointer)(const TF_TString*);
  std::size_t (*StringGetSize)(const TF_TString*);
  void (*StringDealloc)(TF_TString*);

  TF_Graph* (*NewGraph)();
  void (*DeleteGraph)(TF_Graph*);
  TF_Operation* (*GraphOperationByName)(TF_Graph*, const char* name);
  int (*OperationNumOutputs)(TF_Operation*);

  TF_OperationDescription* (*NewOperation)(TF_Graph*, const char* type, const char* name);
  void (*AddInput)(TF_OperationDescription*, TF_Output input);
  void (*SetAttrType)(TF_OperationDescription*, const char* name, TF_DataType);
  TF_Operation* (*FinishOperation)(TF_OperationDescription*, TF_Status*);

  TF_ImportGraphDefOptions* (*NewImportGraphDefOptions)();
  void (*DeleteImportGraphDefOptions)(TF_ImportGraphDefOptions*);
  void (*ImportGraphDefOptionsSetPrefix)(TF_ImportGraphDefOptions*, const char* prefix);
  void (*ImportGraphDefOptionsAddInputMapping)(TF_ImportGraphDefOptions*, const char* source,
                                               int source_index, TF_Output destination);
  void (*ImportGraphDefOptionsRemapControlDependency)(TF_ImportGraphDefOptions*, const char* source,
                                                      TF_Operation* destination);
  void (*GraphImportGraphDef)(TF_Graph*, const TF_Buffer* graph_def,
                              const TF_ImportGraphDefOptions*, TF_Status*);

  TF_SessionOptions* (*NewSessionOptions)();
  void (*SetConfig)(TF_SessionOptions*, const void* proto, std::size_t length, TF_Status*);
  void (*DeleteSessionOptions)(TF_SessionOptions*);
  TF_Session* (*LoadSessionFromSavedModel)(const TF_SessionOptions*, const TF_Buffer* run_options,
                                           const char* export_dir, const char* const* tags,
                                           int tags_len, TF_Graph*, TF_Buffer* meta_graph_def,
                                           TF_Status*);
  void (*CloseSession)(TF_Session*, TF_Status*);
  void (*DeleteSession)(TF_Session*, TF_Status*);
  void (*SessionRun)(TF_Session*, const TF_Buffer* run_options, const TF_Output* inputs,
                     TF_Tensor* const* input_values, int ninputs, const TF_Output* outputs,
                     TF_Tensor** output_values, int noutputs,
                     const TF_Operation* const* target_opers, int ntargets, TF_Buffer* run_metadata,
                     TF_Status*);
};

}  // namespace sagebrush::serving
