# What is seen, and who is told. The dashboard and the objectives cost
# nothing; alerts and the uptime check come with alert_emails.

locals {
  alerts   = length(var.alert_emails) > 0
  channels = [for address in google_monitoring_notification_channel.email : address.id]

  revision_filter = "resource.type = \"cloud_run_revision\" AND resource.labels.service_name = \"${var.name}\" AND resource.labels.location = \"${var.region}\""
  log_filter      = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${var.name}\" AND resource.labels.location=\"${var.region}\""

  objectives = {
    availability = google_monitoring_slo.availability
    latency      = google_monitoring_slo.latency
  }

  # Fast: two hundredths of the month's allowance gone in an hour, and still
  # going in the last five minutes. Slow: a twentieth in six hours, and still
  # in the last thirty minutes. (Google SRE workbook, chapter 5, table 5-8,
  # scaled from 30 days to 28.)
  burns = {
    fast = { rate = 13.44, long = "3600s", short = "300s", severity = "CRITICAL" }
    slow = { rate = 5.6, long = "21600s", short = "1800s", severity = "WARNING" }
  }

  burn_alerts = local.alerts ? {
    for pair in setproduct(keys(local.objectives), keys(local.burns)) :
    "${pair[0]}-${pair[1]}" => merge(local.burns[pair[1]], { objective = pair[0], pace = pair[1], slo = local.objectives[pair[0]].name })
  } : {}

  # With sign-in by Zotero a call that is not known to the upstream is a
  # member's own affair.
  key_refused = join(" OR ", concat(
    [for words in ["a Zotero key is refused", "a secret could not be read anew", "a changed secret can't be used"] : "jsonPayload.message:\"${words}\""],
    var.auth == "zotero" ? [] : ["(jsonPayload.log_type=\"audit\" AND jsonPayload.code=\"unauthenticated\")"],
  ))

  # Log lines that somebody should read at once. Each is one line, so each is
  # one alert.
  log_alerts = local.alerts ? merge({
    breaker = {
      title    = "an upstream is not asked any more"
      severity = "WARNING"
      filter   = "${local.log_filter} AND jsonPayload.message=\"the circuit breaker changed\" AND jsonPayload.to=\"open\""
      advice   = "The circuit breaker opened: the upstream failed five times in a row. Cached answers are served, marked stale. Look at the upstream's own state first; the breaker tries again after a minute."
    }
    key = {
      title    = "a key of the deployment is refused"
      severity = "ERROR"
      filter   = "${local.log_filter} AND (${local.key_refused})"
      advice   = "The upstream refuses a key that this deployment holds, or Secret Manager a secret. Make a new one and add it as a version of its secret: the server takes it up within minutes."
    }
    memory = {
      title    = "an instance ran out of memory"
      severity = "ERROR"
      filter   = "${local.log_filter} AND logName:\"run.googleapis.com%2Fvarlog%2Fsystem\" AND severity>=ERROR AND textPayload:\"emory limit\""
      advice   = "Cloud Run ended an instance that went over its memory. Raise memory_mib, or lower concurrency."
    }
    crash = {
      title    = "an instance crashed or could not start"
      severity = "ERROR"
      filter   = "${local.log_filter} AND severity>=ERROR AND (textPayload=~\"Container called exit\\([1-9]\" OR textPayload:\"terminated on signal\" OR textPayload:\"startup probe failed\" OR textPayload=~\"^(panic|fatal error): \")"
      advice   = "The lines just before it in the log say why: a setting that can't be used is named with what was expected. A revision that can't start gets no traffic."
    }
    }, length(local.secrets) == 0 ? {} : {
    stranger = {
      title    = "a secret was read by a stranger"
      severity = "CRITICAL"
      filter = join(" AND ", [
        "protoPayload.serviceName=\"secretmanager.googleapis.com\"",
        "protoPayload.methodName=\"google.cloud.secretmanager.v1.SecretManagerService.AccessSecretVersion\"",
        "protoPayload.resourceName=~\"/secrets/${var.name}-\"",
        "NOT protoPayload.authenticationInfo.principalEmail=(${join(" OR ", [for account in local.secret_readers : "\"${account}\""])})",
      ])
      advice = "Somebody other than the server and its pipeline read a secret. If nobody of the team did, replace the secret's value and look at who has roles in the project. It needs Secret Manager's data access log: see the README."
    }
  }) : {}

  secret_readers = concat([google_service_account.runtime.email], local.smoke_token ? google_service_account.deployer[*].email : [])
}

resource "google_monitoring_notification_channel" "email" {
  for_each = var.alert_emails

  project      = var.project
  display_name = "Stackroom: ${each.value}"
  type         = "email"
  labels       = { email_address = each.value }

  depends_on = [google_project_service.api]
}

resource "google_monitoring_service" "server" {
  project      = var.project
  service_id   = var.name
  display_name = "Stackroom"

  basic_service {
    service_type   = "CLOUD_RUN"
    service_labels = { service_name = google_cloud_run_v2_service.server.name, location = var.region }
  }
}

resource "google_monitoring_slo" "availability" {
  project             = var.project
  service             = google_monitoring_service.server.service_id
  slo_id              = "availability"
  display_name        = "Requests that don't end in a server error"
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
  display_name        = "Requests that are answered within ${var.latency_ms} ms"
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

# Two windows each: the long one so that a blip wakes nobody, the short one so
# that the alert ends soon after the fault does.
resource "google_monitoring_alert_policy" "burn" {
  for_each = local.burn_alerts

  project               = var.project
  display_name          = "Stackroom: ${each.value.objective} objective burns ${each.value.pace}"
  combiner              = "AND"
  severity              = each.value.severity
  notification_channels = local.channels

  dynamic "conditions" {
    for_each = { long = each.value.long, short = each.value.short }
    content {
      display_name = "over ${conditions.value}"

      condition_threshold {
        filter          = "select_slo_burn_rate(\"${each.value.slo}\", \"${conditions.value}\")"
        comparison      = "COMPARISON_GT"
        threshold_value = each.value.rate
        duration        = "0s"

        trigger {
          count = 1
        }
      }
    }
  }

  alert_strategy {
    auto_close = "86400s"
  }

  documentation {
    mime_type = "text/markdown"
    content   = "At this pace the ${each.value.objective} objective's allowance for 28 days is gone in ${each.value.pace == "fast" ? "two days" : "five days"}. Open the dashboard: is it one tool, the upstream, or all? After a deploy: infra/scripts/rollback."
  }
}

resource "google_monitoring_alert_policy" "log" {
  for_each = local.log_alerts

  project               = var.project
  display_name          = "Stackroom: ${each.value.title}"
  combiner              = "OR"
  severity              = each.value.severity
  notification_channels = local.channels

  conditions {
    display_name = each.value.title

    condition_matched_log {
      filter = each.value.filter
    }
  }

  alert_strategy {
    auto_close = "86400s"

    notification_rate_limit {
      period = "3600s"
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = each.value.advice
  }

  depends_on = [google_project_service.api]
}

resource "google_monitoring_alert_policy" "rotation" {
  count = local.alerts && var.rotation_days != null ? 1 : 0

  project               = var.project
  display_name          = "Stackroom: a secret is ${var.rotation_days} days old"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = local.channels

  conditions {
    display_name = "Secret Manager says that it is time"

    condition_threshold {
      filter          = "metric.type=\"pubsub.googleapis.com/topic/send_request_count\" AND resource.type=\"pubsub_topic\" AND resource.labels.topic_id=\"${google_pubsub_topic.rotation[0].name}\""
      comparison      = "COMPARISON_GT"
      threshold_value = 0
      duration        = "0s"

      aggregations {
        alignment_period   = "600s"
        per_series_aligner = "ALIGN_SUM"
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "gcloud secrets list --project=${var.project} shows which. Add a new version of it; the server takes it up without a deploy."
  }
}

resource "google_monitoring_uptime_check_config" "health" {
  count = local.alerts && var.public ? 1 : 0

  project      = var.project
  display_name = "Stackroom answers"
  timeout      = "10s"
  period       = "900s" # the longest there is: each look may start an instance

  http_check {
    path         = "/health"
    port         = 443
    use_ssl      = true
    validate_ssl = true

    accepted_response_status_codes {
      status_value = 200
    }
  }

  monitored_resource {
    type   = "uptime_url"
    labels = { project_id = var.project, host = trimprefix(local.public_url, "https://") }
  }

  depends_on = [google_project_service.api]
}

resource "google_monitoring_alert_policy" "uptime" {
  count = local.alerts && var.public ? 1 : 0

  project               = var.project
  display_name          = "Stackroom: it can't be reached"
  combiner              = "OR"
  severity              = "CRITICAL"
  notification_channels = local.channels

  conditions {
    display_name = "from two regions or more"

    condition_threshold {
      filter          = "metric.type=\"monitoring.googleapis.com/uptime_check/check_passed\" AND resource.type=\"uptime_url\" AND metric.labels.check_id=\"${google_monitoring_uptime_check_config.health[0].uptime_check_id}\""
      comparison      = "COMPARISON_GT"
      threshold_value = 1
      duration        = "0s"

      aggregations {
        alignment_period     = "1200s"
        per_series_aligner   = "ALIGN_NEXT_OLDER"
        cross_series_reducer = "REDUCE_COUNT_FALSE"
        group_by_fields      = ["resource.label.project_id"]
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "${local.public_url}/health does not answer. After a deploy: infra/scripts/rollback. Else look at Cloud Run's state, the domain's records and its certificate."
  }
}

resource "google_monitoring_dashboard" "server" {
  project = var.project
  dashboard_json = templatefile("${path.module}/dashboard.json.tftpl", {
    name      = var.name
    region    = var.region
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
