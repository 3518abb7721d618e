# Objectives, the dashboard and the budget. They cost nothing; alerts.tf has
# what is sent by e-mail.

locals {
  # With two regions the figures are those of both together.
  metric_locations = length(local.regions) == 1 ? "\"${var.region}\"" : "one_of(${join(",", [for region in local.regions : "\"${region}\""])})"
  log_locations    = length(local.regions) == 1 ? "\"${var.region}\"" : "(${join(" OR ", [for region in local.regions : "\"${region}\""])})"

  revision_filter = "resource.type = \"cloud_run_revision\" AND resource.labels.service_name = \"${var.name}\" AND resource.labels.location = ${local.metric_locations}"
  log_filter      = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${var.name}\" AND resource.labels.location=${local.log_locations}"
  crash_filter    = "${local.log_filter} AND severity>=ERROR AND (textPayload=~\"Container called exit\\([1-9]\" OR textPayload:\"terminated on signal\" OR textPayload:\"startup probe failed\" OR textPayload=~\"^(panic|fatal error): \")"
}

resource "google_monitoring_service" "server" {
  project      = var.project
  service_id   = var.name
  display_name = "Stackroom"

  basic_service {
    service_type   = "CLOUD_RUN"
    service_labels = { service_name = google_cloud_run_v2_service.server[0].name, location = var.region }
  }
}

resource "google_monitoring_slo" "availability" {
  project             = var.project
  service             = google_monitoring_service.server.service_id
  slo_id              = "availability"
  display_name        = "Requests without a server error"
  goal                = var.availability_goal
  rolling_period_days = 28

  request_based_sli {
    good_total_ratio {
      total_service_filter = "metric.type=\"run.googleapis.com/request_count\" AND ${local.revision_filter}"
      bad_service_filter   = "metric.type=\"run.googleapis.com/request_count\" AND ${local.revision_filter} AND metric.labels.response_code_class = \"5xx\""
    }
  }
}

resource "google_monitoring_slo" "latency" {
  project             = var.project
  service             = google_monitoring_service.server.service_id
  slo_id              = "latency"
  display_name        = "Requests answered within ${var.latency_ms} ms"
  goal                = var.latency_goal
  rolling_period_days = 28

  request_based_sli {
    distribution_cut {
      distribution_filter = "metric.type=\"run.googleapis.com/request_latencies\" AND ${local.revision_filter}"

      range {
        min = 0
        max = var.latency_ms
      }
    }
  }
}

resource "google_monitoring_dashboard" "server" {
  project = var.project
  dashboard_json = templatefile("${path.module}/dashboard.json.tftpl", {
    name      = var.name
    locations = replace(local.metric_locations, "\"", "\\\"")
    log_scope = replace(local.log_locations, "\"", "\\\"")
    telemetry = var.telemetry
  })

  depends_on = [google_project_service.api]
}

resource "google_billing_budget" "month" {
  count = var.budget == null ? 0 : 1

  billing_account = var.budget.billing_account
  display_name    = "Stackroom in ${var.project}"

  budget_filter {
    projects = ["projects/${data.google_project.this.number}"]
  }

  amount {
    specified_amount {
      currency_code = var.budget.currency
      units         = tostring(var.budget.amount)
    }
  }

  dynamic "threshold_rules" {
    for_each = [0.5, 0.9, 1.0]
    content {
      threshold_percent = threshold_rules.value
    }
  }

  all_updates_rule {
    monitoring_notification_channels = local.channels
    disable_default_iam_recipients   = false
  }

  depends_on = [google_project_service.api]
}

# Two counts of the server's log, which the pipeline reads to judge a canary
# (scripts/canary.sh): tool calls by outcome, and crashes.
resource "google_logging_metric" "tool_calls" {
  project = var.project
  name    = "${var.name}-tool-calls"
  filter  = "${local.log_filter} AND jsonPayload.log_type=\"audit\" AND jsonPayload.tool:*"

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"

    labels {
      key        = "outcome"
      value_type = "STRING"
    }
  }

  label_extractors = { outcome = "EXTRACT(jsonPayload.outcome)" }

  depends_on = [google_project_service.api]
}

resource "google_logging_metric" "crashes" {
  project = var.project
  name    = "${var.name}-crashes"
  filter  = local.crash_filter

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
  }

  depends_on = [google_project_service.api]
}
