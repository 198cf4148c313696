# SPDX-License-Identifier: Apache-2.0
"""The script-mode contract: hyperparameters become arguments, and everything else SM_* variables.

Names and forms are those of AWS's sagemaker-training toolkit 5.1, because users' scripts read them; the code is ours.
Pure functions but for reading the files below input/config and counting processors.
"""
import json
import os

# Hyperparameters that steer the launcher and are no arguments of the script, beside all that begin with "sagemaker_".
_RESERVED = ("default_user_module_name", "_tuning_objective_metric")
_PREFIX = "sagemaker_"


def read_json(path, fallback):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return fallback


def decode_hyperparameters(raw):
    """The SDK sends each value as JSON text in a string ('"x"', '0.1', 'true'); what is no JSON is meant as it stands."""
    decoded = {}
    for name, value in raw.items():
        try:
            decoded[name] = json.loads(value)
        except (ValueError, TypeError):
            decoded[name] = value
    return decoded


def split_hyperparameters(hyperparameters):
    """(what the script gets, what the launcher gets)."""
    script, launcher = {}, {}
    for name, value in hyperparameters.items():
        reserved = name.startswith(_PREFIX) or name in _RESERVED
        (launcher if reserved else script)[name] = value
    return script, launcher


def to_arguments(hyperparameters):
    """--name value, sorted by name; one letter gets one dash; {"a": 1, "b": 2} becomes a=1,b=2."""
    arguments = []
    for name in sorted(hyperparameters):
        value = hyperparameters[name]
        if isinstance(value, dict):
            text = ",".join("%s=%s" % item for item in sorted(value.items()))
        else:
            text = "" if value is None else str(value)
        arguments += [("--%s" if len(name) > 1 else "-%s") % name, text]
    return arguments


def to_variables(values):
    """SM_NAME in capitals; strings as they are, nothing as "", all else as compact JSON."""

    def text(value):
        if value is None:
            return ""
        if isinstance(value, str):
            return value
        return json.dumps(value, sort_keys=True, separators=(",", ":"))

    return {"SM_" + name.upper(): text(value) for name, value in values.items()}


def count_gpus(device_folder="/dev"):
    try:
        names = os.listdir(device_folder)
    except OSError:
        return 0
    return sum(1 for name in names if name.startswith("nvidia") and name[6:].isdigit())


def count_cpus():
    try:
        return len(os.sched_getaffinity(0))
    except (AttributeError, OSError):
        return os.cpu_count() or 1


class TrainingEnvironment:
    """Everything about one job that its script may ask for."""

    def __init__(self, base="/opt/ml", container_arguments=()):
        config = os.path.join(base, "input", "config")
        raw = read_json(os.path.join(config, "hyperparameters.json"), {})
        self.hyperparameters, self.settings = split_hyperparameters(decode_hyperparameters(raw))
        self.input_data_config = read_json(os.path.join(config, "inputdataconfig.json"), {})
        self.resource_config = read_json(os.path.join(config, "resourceconfig.json"), {})
        self.code_dir = os.path.join(base, "code")
        self.output_dir = os.path.join(base, "output")
        self._base = base
        self._container_arguments = list(container_arguments)
        self._config = config

    @property
    def entry_point(self):
        return os.environ.get("SAGEMAKER_PROGRAM") or str(self.settings.get("sagemaker_program") or "")

    @property
    def arguments(self):
        """The script's: hyperparameters, then the job's ContainerArguments as they stand, which so have the last word."""
        return to_arguments(self.hyperparameters) + self._container_arguments

    def values(self):
        """What becomes SM_*, in the toolkit's order."""
        resources = self.resource_config
        hosts = resources.get("hosts", ["algo-1"])
        current_host = resources.get("current_host", "algo-1")
        instance_type = resources.get("current_instance_type", "local")
        group = resources.get("current_group_name", "homogeneousCluster")
        groups = resources.get("instance_groups", [])
        entry_point = self.entry_point
        module_name = entry_point[:-3] if entry_point.endswith(".py") else entry_point
        channels = {
            name: os.path.join(self._base, "input", "data", name) for name in sorted(self.input_data_config)
        }
        launcher_settings = {
            name: value
            for name, value in self.settings.items()
            if name
            not in (
                "sagemaker_program",
                "sagemaker_submit_directory",
                "sagemaker_enable_cloudwatch_metrics",
                "sagemaker_region",
                "sagemaker_container_log_level",
                "sagemaker_job_name",
                "sagemaker_s3_output",
            )
            + _RESERVED
        }
        values = {
            "hosts": hosts,
            "network_interface_name": resources.get("network_interface_name", "eth0"),
            "hps": self.hyperparameters,
            "user_entry_point": entry_point,
            "framework_params": launcher_settings,
            "resource_config": resources,
            "input_data_config": self.input_data_config,
            "output_data_dir": os.path.join(self.output_dir, "data"),
            "channels": sorted(channels),
            "current_host": current_host,
            "current_instance_type": instance_type,
            "current_instance_group": group,
            "current_instance_group_hosts": hosts,
            "instance_groups": [item.get("instance_group_name", "") for item in groups],
            "instance_groups_dict": {item.get("instance_group_name", ""): item for item in groups},
            "distribution_instance_groups": [],
            "is_hetero": len(groups) > 1,
            "module_name": module_name,
            "log_level": self.settings.get("sagemaker_container_log_level", 20),
            "framework_module": os.environ.get("SAGEMAKER_TRAINING_MODULE", ""),
            "input_dir": os.path.join(self._base, "input"),
            "input_config_dir": self._config,
            "output_dir": self.output_dir,
            "num_cpus": count_cpus(),
            "num_gpus": count_gpus(),
            "num_neurons": 0,
            "model_dir": os.path.join(self._base, "model"),
            "module_dir": str(self.settings.get("sagemaker_submit_directory", self.code_dir)),
            "training_env": self.summary(channels, hosts, current_host, module_name),
            "user_args": self.arguments,
            "output_intermediate_dir": os.path.join(self.output_dir, "intermediate"),
        }
        for name, path in channels.items():
            values["channel_" + name] = path
        for name, value in self.hyperparameters.items():
            values["hp_" + name] = value
        return values

    def summary(self, channels, hosts, current_host, module_name):
        """SM_TRAINING_ENV, and the "Training Env:" of the log."""
        return {
            "channel_input_dirs": channels,
            "current_host": current_host,
            "hosts": hosts,
            "hyperparameters": self.hyperparameters,
            "input_config_dir": self._config,
            "input_data_config": self.input_data_config,
            "input_dir": os.path.join(self._base, "input"),
            "is_master": current_host == sorted(hosts)[0],
            "job_name": os.environ.get("TRAINING_JOB_NAME") or str(self.settings.get("sagemaker_job_name", "")),
            "log_level": self.settings.get("sagemaker_container_log_level", 20),
            "master_hostname": sorted(hosts)[0],
            "model_dir": os.path.join(self._base, "model"),
            "module_dir": str(self.settings.get("sagemaker_submit_directory", self.code_dir)),
            "module_name": module_name,
            "network_interface_name": self.resource_config.get("network_interface_name", "eth0"),
            "num_cpus": count_cpus(),
            "num_gpus": count_gpus(),
            "output_data_dir": os.path.join(self.output_dir, "data"),
            "output_dir": self.output_dir,
            "output_intermediate_dir": os.path.join(self.output_dir, "intermediate"),
            "resource_config": self.resource_config,
            "user_entry_point": self.entry_point,
        }

    def variables(self):
        return to_variables(self.values())
