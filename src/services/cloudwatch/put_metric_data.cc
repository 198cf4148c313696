// SPDX-License-Identifier: Apache-2.0
#include "services/cloudwatch/put_metric_data.h"

#include <cmath>

#include "base/strings.h"
#include "metricstore/limits.h"

namespace sagebrush::services::cloudwatch {

namespace {

using api::cloudwatch::MetricDatum;
using api::cloudwatch::PutMetricDataInput;
using metricstore::Datum;
using metricstore::Summary;

// API reference, PutMetricData and MetricDatum.
constexpr std::size_t kMaxData = 1000;
constexpr std::size_t kMaxValues = 150;

std::string Text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  std::string text;
  AppendJsonDouble(value, &text);
  return text.ends_with(".0") ? text.substr(0, text.size() - 2) : text;
}

// One datum of a request, by the name that AWS's texts give it.
class Reader {
 public:
  Reader(const MetricDatum& datum, std::string name, std::vector<aws::Error>* faults)
      : datum_(datum), name_(std::move(name)), faults_(faults) {}

  Datum Read(const std::string& name_space, double now) {
    Datum made;
    made.metric = {name_space, datum_.metric_name, ToStore(datum_.dimensions)};
    made.unit = datum_.unit ? std::string(ToString(*datum_.unit)) : "None";
    CheckDimensions();
    made.high_resolution = IsHighResolution();
    const double at = datum_.timestamp.value_or(now);
    if (!(at >= now - metricstore::kOldestSeconds)) {
      Fault(InvalidValue("The parameter " + name_ +
                         ".Timestamp must specify a time within the past two weeks."));
    } else if (at > now + metricstore::kNewestSeconds) {
      Fault(InvalidValue("The parameter " + name_ +
                         ".Timestamp must specify a time no more than two hours in the future."));
    } else {
      made.at_ms = static_cast<std::int64_t>(std::floor(at * 1000));
    }
    ReadValues(&made.summary);
    return made;
  }

 private:
  void Fault(aws::Error error) { faults_->push_back(std::move(error)); }

  bool Check(double value, const std::string& member) {
    if (std::abs(value) <= metricstore::kLargestValue) return true;  // false for NaN
    Fault(InvalidValue("The value " + Text(value) + " for parameter " + name_ + member +
                       " is invalid."));
    return false;
  }

  // API reference, Dimension: ASCII without control characters, not blank; a name does not begin with a colon.
  void CheckDimensions() {
    if (!datum_.dimensions) return;
    for (std::size_t i = 0; i < datum_.dimensions->size(); ++i) {
      const auto& dimension = (*datum_.dimensions)[i];
      const std::string name = name_ + ".Dimensions.member." + std::to_string(i + 1);
      CheckText(dimension.name, name + ".Name", dimension.name.starts_with(':'));
      CheckText(dimension.value, name + ".Value", false);
    }
  }

  void CheckText(const std::string& text, const std::string& name, bool is_wrong) {
    bool is_blank = true;
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte >= 0x80)
        return Fault(
            InvalidValue("The value for parameter " + name + " contains non-ASCII characters."));
      is_wrong = is_wrong || byte < 0x20 || byte == 0x7f;
      is_blank = is_blank && c == ' ';
    }
    if (is_wrong || is_blank)
      Fault(InvalidValue("The value " + text + " for parameter " + name + " is invalid."));
  }

  bool IsHighResolution() {
    const int resolution = datum_.storage_resolution.value_or(60);
    if (resolution != 1 && resolution != 60)
      Fault(InvalidValue("The value " + std::to_string(resolution) + " for parameter " + name_ +
                         ".StorageResolution is invalid."));
    return resolution == 1;
  }

  void ReadValues(Summary* summary) {
    const auto& [value, values, figures] =
        std::tie(datum_.value, datum_.values, datum_.statistic_values);
    if (value && values) return Fault(BothGiven(name_ + ".Value", name_ + ".Values"));
    if (value && figures) return Fault(BothGiven(name_ + ".Value", name_ + ".StatisticValues"));
    if (!value && !values && !figures)
      return Fault(InvalidCombination("At least one of the parameters " + name_ + ".Value, " +
                                      name_ + ".Values and " + name_ +
                                      ".StatisticValues must be specified."));
    if (value && Check(*value, ".Value")) summary->Add(Summary::Of(*value));
    if (values) ReadList(summary);
    if (figures) ReadFigures(summary);  // beside Values too: AWS takes both
  }

  void ReadList(Summary* summary) {
    const auto& values = *datum_.values;
    if (values.size() > kMaxValues)
      return Fault(InvalidValue("The collection " + name_ +
                                ".Values must not have a size greater than 150."));
    if (datum_.counts && datum_.counts->size() != values.size())
      return Fault(InvalidValue("The parameters " + name_ + ".Values and " + name_ +
                                ".Counts must be of the same size."));
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::string member = ".member." + std::to_string(i + 1);
      if (!Check(values[i], ".Values" + member)) return;
      const double count = datum_.counts ? (*datum_.counts)[i] : 1;
      if (!(count >= 0 && count <= metricstore::kLargestValue))
        return Fault(InvalidValue("The value " + Text(count) + " for parameter " + name_ +
                                  ".Counts" + member + " is invalid."));
      summary->Add(Summary::Of(values[i], count));
    }
  }

  void ReadFigures(Summary* summary) {
    const auto& figures = *datum_.statistic_values;
    const std::string member = ".StatisticValues";
    if (!Check(figures.sum, member + ".Sum") || !Check(figures.minimum, member + ".Minimum") ||
        !Check(figures.maximum, member + ".Maximum") ||
        !Check(figures.sample_count, member + ".SampleCount"))
      return;
    if (figures.sample_count <= 0)
      return Fault(InvalidValue("The value " + Text(figures.sample_count) + " for parameter " +
                                name_ + member + ".SampleCount is invalid."));
    if (figures.maximum < figures.minimum)
      return Fault(InvalidValue("The parameter " + name_ + member +
                                ".Maximum must be greater than or equal to the parameter " + name_ +
                                member + ".Minimum."));
    summary->Add(
        Summary::OfFigures(figures.sample_count, figures.sum, figures.minimum, figures.maximum));
  }

  const MetricDatum& datum_;
  const std::string name_;
  std::vector<aws::Error>* const faults_;
};

// AWS tells all faults of one kind, a line each.
aws::Error Together(const std::vector<aws::Error>& faults) {
  aws::Error all = faults.front();
  for (std::size_t i = 1; i < faults.size(); ++i)
    if (faults[i].code == all.code) all.message += "\n" + faults[i].message;
  return all;
}

}  // namespace

aws::Outcome<Json> PutMetricData(metricstore::MetricStore& store, const RequestContext& context,
                                 const PutMetricDataInput& request) {
  if (request.namespace_.starts_with("AWS/"))
    return InvalidValue("The value " + request.namespace_ + " for parameter Namespace is invalid.");
  // What an entity is related to is not kept; its data is.
  std::vector<std::pair<std::string, const MetricDatum*>> all;
  const auto collect = [&](const std::string& prefix, const std::vector<MetricDatum>& data) {
    for (std::size_t i = 0; i < data.size(); ++i)
      all.emplace_back(prefix + "MetricData.member." + std::to_string(i + 1), &data[i]);
  };
  if (request.metric_data) collect("", *request.metric_data);
  if (request.entity_metric_data) {
    for (std::size_t i = 0; i < request.entity_metric_data->size(); ++i)
      if (const auto& data = (*request.entity_metric_data)[i].metric_data)
        collect("EntityMetricData.member." + std::to_string(i + 1) + ".", *data);
  }
  if (all.empty())
    return aws::Error{.code = "MissingParameter",
                      .message = "The parameter MetricData is required."};
  if (all.size() > kMaxData)
    return InvalidValue("The collection MetricData must not have a size greater than 1000.");

  std::vector<aws::Error> faults;
  std::vector<Datum> data;
  for (const auto& [name, datum] : all)
    data.push_back(
        Reader(*datum, name, &faults).Read(request.namespace_, ToEpochSeconds(context.now)));
  if (!faults.empty()) return Together(faults);
  const Status stored = store.Put(context.scope(), std::move(data));
  if (!stored.ok()) return FromStore(stored);
  return Json::Object();
}

}  // namespace sagebrush::services::cloudwatch
