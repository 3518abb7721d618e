# Inputs: telemetry, objectives, alerts and the budget.

variable "telemetry" {
  description = "Where traces and metrics go. none: nowhere; Cloud Run's own metrics and the logs remain. direct: to Google's Telemetry API from the server. collector: to an OpenTelemetry collector beside it, which also scrapes its Prometheus metrics."
  type        = string
  default     = "none"

  validation {
    condition     = contains(["none", "direct", "collector"], var.telemetry)
    error_message = "telemetry is none, direct or collector."
  }
}

variable "collector_image" {
  description = "Image of the OpenTelemetry collector, by digest. Google's build has every part that collector.yaml names."
  type        = string
  default     = null

  validation {
    condition     = var.collector_image == null ? var.telemetry != "collector" : can(regex("^[a-z0-9][a-z0-9._/:-]*@sha256:[0-9a-f]{64}$", var.collector_image))
    error_message = "telemetry = collector needs collector_image, by digest: IMAGE@sha256:..."
  }
}

variable "trace_ratio" {
  description = "Share of calls that are traced, 0 to 1, unless the caller decides."
  type        = number
  default     = 0.1

  validation {
    condition     = var.trace_ratio >= 0 && var.trace_ratio <= 1
    error_message = "trace_ratio is from 0 to 1."
  }
}

variable "alert_emails" {
  description = "Addresses that alerts are sent to. None: no alerts and no uptime check."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for address in var.alert_emails : can(regex("^[^@ ]+@[^@ ]+\\.[^@ ]+$", address))])
    error_message = "alert_emails are e-mail addresses."
  }
}

variable "availability_goal" {
  description = "Share of requests over 28 days without a server error."
  type        = number
  default     = 0.995

  validation {
    condition     = var.availability_goal >= 0.9 && var.availability_goal <= 0.9999
    error_message = "availability_goal is from 0.9 to 0.9999."
  }
}

variable "latency_goal" {
  description = "Share of requests over 28 days answered within latency_ms."
  type        = number
  default     = 0.95

  validation {
    condition     = var.latency_goal >= 0.5 && var.latency_goal <= 0.999
    error_message = "latency_goal is from 0.5 to 0.999."
  }
}

variable "latency_ms" {
  description = "The latency objective in milliseconds, as Cloud Run measures it."
  type        = number
  default     = 2000

  validation {
    condition     = var.latency_ms >= 50 && var.latency_ms <= 60000 && floor(var.latency_ms) == var.latency_ms
    error_message = "latency_ms is a whole number from 50 to 60000."
  }
}

variable "alert_min_requests" {
  description = "Requests in an alert's long window (1 h or 6 h) below which no objective alerts: with ten calls at night one failed call is no finding."
  type        = number
  default     = 50

  validation {
    condition     = var.alert_min_requests >= 1 && var.alert_min_requests <= 100000 && floor(var.alert_min_requests) == var.alert_min_requests
    error_message = "alert_min_requests is a whole number from 1 to 100000."
  }
}

variable "uptime_period_seconds" {
  description = "How often the server is asked from outside whether it is ready, in seconds. Each time may start an instance."
  type        = number
  default     = 300

  validation {
    condition     = contains([60, 300, 600, 900], var.uptime_period_seconds)
    error_message = "uptime_period_seconds is 60, 300, 600 or 900: Cloud Monitoring has no other periods."
  }
}

variable "probe_period_seconds" {
  description = "How often a search over the sample is run from outside (/probe), in seconds. It needs the token in secret_values and secret_generations. Null: never."
  type        = number
  default     = null

  validation {
    condition     = var.probe_period_seconds == null ? true : contains([60, 300, 600, 900], var.probe_period_seconds)
    error_message = "probe_period_seconds is 60, 300, 600 or 900: Cloud Monitoring has no other periods."
  }

  validation {
    condition     = var.probe_period_seconds == null || var.public && length(var.alert_emails) > 0
    error_message = "probe_period_seconds needs alert_emails, and public = true: an uptime check can't send the token and an identity token together."
  }
}

variable "budget" {
  description = "Send an e-mail when the project's month costs half, nine tenths and all of amount. currency is that of the billing account; null takes it. Null: no budget."
  type = object({
    billing_account = string
    amount          = number
    currency        = optional(string)
  })
  default = null

  validation {
    condition     = var.budget == null ? true : can(regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.budget.billing_account)) && var.budget.amount >= 1 && floor(var.budget.amount) == var.budget.amount && (var.budget.currency == null || can(regex("^[A-Z]{3}$", var.budget.currency)))
    error_message = "budget has a billing_account such as 01ABCD-23EF45-6789AB, a whole amount of at least 1, and a currency such as EUR only where it is not left to the account."
  }
}
