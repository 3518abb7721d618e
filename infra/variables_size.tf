# Inputs: the size of the service.

variable "min_instances" {
  description = "Instances kept running. 0 costs nothing while there are no requests; with 1 the first request doesn't wait for a start."
  type        = number
  default     = 0

  validation {
    condition     = var.min_instances >= 0 && var.min_instances <= var.max_instances && floor(var.min_instances) == var.min_instances
    error_message = "min_instances is a whole number from 0 to max_instances."
  }
}

variable "max_instances" {
  description = "The largest number of instances in a region, which also bounds the bill."
  type        = number
  default     = 4

  validation {
    condition     = var.max_instances >= 1 && var.max_instances <= 100 && floor(var.max_instances) == var.max_instances
    error_message = "max_instances is a whole number from 1 to 100."
  }
}

variable "concurrency" {
  description = "Requests that one instance handles at the same time."
  type        = number
  default     = 80

  validation {
    condition     = var.concurrency >= 1 && var.concurrency <= 1000 && floor(var.concurrency) == var.concurrency
    error_message = "concurrency is a whole number from 1 to 1000 (Cloud Run's bound)."
  }
}

variable "cpu" {
  description = "Processors of an instance: 1, 2 or 4."
  type        = number
  default     = 1

  validation {
    condition     = contains([1, 2, 4], var.cpu)
    error_message = "cpu is 1, 2 or 4."
  }
}

variable "cpu_always" {
  description = "Give an instance its processor between requests too, so that it reads libraries in the background. It is paid for as long as the instance runs. Null: with libraries of Zotero only."
  type        = bool
  default     = null
}

variable "memory_mib" {
  description = "Memory of an instance in MiB. The Go heap is limited to four fifths of it."
  type        = number
  default     = 512

  validation {
    condition     = var.memory_mib >= 512 && var.memory_mib <= 8192 && floor(var.memory_mib) == var.memory_mib
    error_message = "memory_mib is a whole number from 512 (the least that Cloud Run's second generation takes) to 8192."
  }

  validation {
    condition     = var.memory_mib <= 4096 * var.cpu
    error_message = "Cloud Run gives at most 4096 MiB for each cpu: raise cpu or lower memory_mib."
  }

  validation {
    condition     = var.cpu < 4 || var.memory_mib >= 2048
    error_message = "Cloud Run gives 4 cpu only with at least 2048 MiB: raise memory_mib."
  }
}

variable "timeout_seconds" {
  description = "The longest time of a request, in seconds, after which Cloud Run ends it. The server's own limit, STACKROOM_REQUEST_TIMEOUT (60 s unless set), must be shorter."
  type        = number
  default     = 90

  validation {
    condition     = var.timeout_seconds >= 10 && var.timeout_seconds <= 3600 && floor(var.timeout_seconds) == var.timeout_seconds
    error_message = "timeout_seconds is a whole number from 10 to 3600."
  }
}
