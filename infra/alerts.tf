# Alerts by e-mail, and the checks from outside. All of it only with
# alert_emails. docs/runbooks.md has a paragraph for each alert.

locals {
  alerts   = length(var.alert_emails) > 0
  channels = [for address in google_monitoring_notification_channel.email : address.id]
  runbooks = "https://github.com/${var.github == null ? "stackroom-mcp/stackroom" : var.github.repository}/blob/main/docs/runbooks.md"

  objectives = {
    availability = google_monitoring_slo.availability
    latency      = google_monitoring_slo.latency
  }

  # Fast: 2 % of the month's error budget spent in one hour, and still being
  # spent in the last five minutes. Slow: 5 % in six hours, and still in the
  # last thirty minutes. (Google SRE workbook, chapter 5, table 5-8, scaled from
  # 30 days to 28.)
  burns = {
    fast = { rate = 13.44, long = "3600s", short = "300s", severity = "CRITICAL" }
    slow = { rate = 5.6, long = "21600s", short = "1800s", severity = "WARNING" }
  }

  burn_alerts = local.alerts ? {
    for pair in setproduct(keys(local.objectives), keys(local.burns)) :
    "${pair[0]}-${pair[1]}" => merge(local.burns[pair[1]], { objective = pair[0], pace = pair[1], slo = local.objectives[pair[0]].name })
  } : {}

  # With sign-in by Zotero each member has a key of their own, and a refused one
  # is that member's matter.
  key_refused = join(" OR ", concat(
    [for words in ["a Zotero key is refused", "a secret could not be read again", "a changed secret can't be used"] : "jsonPayload.message:\"${words}\""],
    var.auth == "zotero" ? [] : ["(jsonPayload.log_type=\"audit\" AND jsonPayload.code=\"unauthenticated\")"],
  ))

  # Log lines that need attention at once. One line makes one alert.
  log_alerts = local.alerts ? merge({
    breaker = {
      title    = "calls to an upstream are suspended"
      severity = "WARNING"
      filter   = "${local.log_filter} AND jsonPayload.message=\"the circuit breaker changed\" AND jsonPayload.to=\"open\""
      advice   = "The circuit breaker opened: the upstream failed five times in a row. The server answers from its cache and marks the answers as stale. It tries the upstream again after a minute. Look at the upstream's status first."
    }
    key = {
      title    = "a key of the deployment is refused"
      severity = "ERROR"
      filter   = "${local.log_filter} AND (${local.key_refused})"
      advice   = "The upstream refuses a key of this deployment, or Secret Manager refuses a secret. Make a new key and add it as a version of its secret; the server uses it within minutes."
    }
    memory = {
      title    = "an instance ran out of memory"
      severity = "ERROR"
      filter   = "${local.log_filter} AND logName:\"run.googleapis.com%2Fvarlog%2Fsystem\" AND severity>=ERROR AND textPayload:\"emory limit\""
      advice   = "Cloud Run ended an instance that exceeded its memory. Raise memory_mib, or lower concurrency."
    }
    crash = {
      title    = "an instance crashed or could not start"
      severity = "ERROR"
      filter   = local.crash_filter
      advice   = "The log lines just before give the cause. A setting with a wrong value is named together with what is expected. A revision that can't start gets no traffic."
    }
    }, length(local.secrets) == 0 ? {} : {
    reader = {
      title    = "an unexpected account read a secret"
      severity = "CRITICAL"
      filter = join(" AND ", [
        "protoPayload.serviceName=\"secretmanager.googleapis.com\"",
        "protoPayload.methodName=\"google.cloud.secretmanager.v1.SecretManagerService.AccessSecretVersion\"",
        "protoPayload.resourceName=~\"/secrets/${var.name}-\"",
        "NOT protoPayload.authenticationInfo.principalEmail=(${join(" OR ", [for account in local.secret_readers : "\"${account}\""])})",
      ])
      advice = "An account other than the server's and the pipeline's read a secret. If it was none of the team, replace the value of the secret and check the roles in the project. The alert needs Secret Manager's data access log: docs/deploy-options.md has the commands."
    }
  }) : {}

  secret_readers = concat([google_service_account.runtime.email], local.deploys ? google_service_account.deployer[*].email : [])
}

resource "google_monitoring_notification_channel" "email" {
  for_each = var.alert_emails

  project      = var.project
  display_name = "Stackroom: ${each.value}"
  type         = "email"
  labels       = { email_address = each.value }

  depends_on = [google_project_service.api]
}

# An alert needs three conditions at once: both windows burn, so that a short
# fault sends no alert and an alert ends soon after its fault, and the long
# window has enough requests for a share to mean something.
resource "google_monitoring_alert_policy" "burn" {
  for_each = local.burn_alerts

  project               = var.project
  display_name          = "Stackroom: the ${each.value.objective} objective burns (${each.value.pace})"
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

  conditions {
    display_name = "at least ${var.alert_min_requests} requests in ${each.value.long}"

    condition_threshold {
      filter          = "metric.type = \"run.googleapis.com/request_count\" AND ${local.revision_filter}"
      comparison      = "COMPARISON_GT"
      threshold_value = var.alert_min_requests - 1
      duration        = "0s"

      aggregations {
        alignment_period     = each.value.long
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_SUM"
      }

      trigger {
        count = 1
      }
    }
  }

  alert_strategy {
    auto_close = "86400s"
  }

  documentation {
    mime_type = "text/markdown"
    content   = "At this rate the ${each.value.objective} objective's error budget for 28 days is spent in ${each.value.pace == "fast" ? "two days" : "five days"}. Open the dashboard: is it one tool, the upstream, or everything? After a deploy run infra/scripts/rollback."

    links {
      display_name = "Runbook"
      url          = "${local.runbooks}#${each.value.objective}"
    }
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

    links {
      display_name = "Runbook"
      url          = "${local.runbooks}#${each.key}"
    }
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
    display_name = "Secret Manager sent a reminder"

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
    content   = "gcloud secrets list --project=${var.project} shows the secrets. Tokens end too: 90 days after they are made, unless made with another --expires. Add a new version of the secret; the server uses it without a deploy."

    links {
      display_name = "Runbook"
      url          = "${local.runbooks}#rotation"
    }
  }
}


# Checks from outside: whether the server is ready, and, with
# probe_period_seconds, whether a search over the sample works end to end.
# Identity-Aware Proxy would answer in the server's place.

locals {
  uptime_checks = local.alerts && length(var.iap_members) == 0 ? merge(
    { ready = { path = "/ready", period = var.uptime_period_seconds, title = "the server is not ready" } },
    var.probe_period_seconds == null ? {} : { probe = { path = "/probe", period = var.probe_period_seconds, title = "a search fails" } },
  ) : {}
}

moved {
  from = google_monitoring_uptime_check_config.health[0]
  to   = google_monitoring_uptime_check_config.server["ready"]
}

moved {
  from = google_monitoring_alert_policy.uptime[0]
  to   = google_monitoring_alert_policy.uptime["ready"]
}

resource "google_monitoring_uptime_check_config" "server" {
  for_each = local.uptime_checks

  project      = var.project
  display_name = "Stackroom ${each.value.path}"
  timeout      = "30s"
  period       = "${each.value.period}s"

  http_check {
    path         = each.value.path
    port         = 443
    use_ssl      = true
    validate_ssl = true

    accepted_response_status_codes {
      status_value = 200
    }

    # The value of the token is in neither the state nor a plan.
    dynamic "auth_info" {
      for_each = each.key == "probe" ? [local.probe_generation] : []
      content {
        username            = "probe"
        password_wo         = lookup(var.secret_values, "STACKROOM_PROBE_TOKEN", "")
        password_wo_version = tostring(auth_info.value)
      }
    }

    dynamic "service_agent_authentication" {
      for_each = var.public ? [] : ["OIDC_TOKEN"]
      content {
        type = service_agent_authentication.value
      }
    }
  }

  monitored_resource {
    type   = "uptime_url"
    labels = { project_id = var.project, host = trimprefix(local.public_url, "https://") }
  }

  depends_on = [google_project_service.api]
}

resource "google_monitoring_alert_policy" "uptime" {
  for_each = local.uptime_checks

  project               = var.project
  display_name          = "Stackroom: ${each.value.title}"
  combiner              = "OR"
  severity              = "CRITICAL"
  notification_channels = local.channels

  conditions {
    display_name = "from two regions or more"

    condition_threshold {
      filter          = "metric.type=\"monitoring.googleapis.com/uptime_check/check_passed\" AND resource.type=\"uptime_url\" AND metric.labels.check_id=\"${google_monitoring_uptime_check_config.server[each.key].uptime_check_id}\""
      comparison      = "COMPARISON_GT"
      threshold_value = 1
      duration        = "0s"

      aggregations {
        alignment_period     = "${max(1200, 2 * each.value.period)}s"
        per_series_aligner   = "ALIGN_NEXT_OLDER"
        cross_series_reducer = "REDUCE_COUNT_FALSE"
        group_by_fields      = ["resource.label.project_id"]
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "${local.public_url}${each.value.path} does not answer 200. After a deploy run infra/scripts/rollback. Otherwise look at the service's log, Cloud Run's status, the domain's records and its certificate."

    links {
      display_name = "Runbook"
      url          = "${local.runbooks}#${each.key}"
    }
  }
}
