# The least: a project and a first image. Nothing that is paid while idle.

mock_provider "google" {
  source = "./tests/mocks"
}

variables {
  project = "library-team"
  image   = "europe-west1-docker.pkg.dev/library-team/stackroom/stackroom@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
}

run "the_service" {
  command = plan

  assert {
    condition     = google_cloud_run_v2_service.server.scaling[0].min_instance_count == 0 && google_cloud_run_v2_service.server.scaling[0].max_instance_count == 4
    error_message = "Idle costs nothing, and there is a bound to the bill."
  }
  assert {
    condition     = google_cloud_run_v2_service.server.template[0].containers[0].resources[0].cpu_idle && google_cloud_run_v2_service.server.template[0].containers[0].resources[0].startup_cpu_boost
    error_message = "The processor is paid while a request is answered, and boosted at start."
  }
  assert {
    condition     = google_cloud_run_v2_service.server.template[0].service_account == "mock@library-team.iam.gserviceaccount.com"
    error_message = "The server runs as an account of its own, not as the project's default one."
  }
  assert {
    condition     = google_cloud_run_v2_service.server.template[0].timeout == "300s" && google_cloud_run_v2_service.server.template[0].max_instance_request_concurrency == 80
    error_message = "Timeout and concurrency are said."
  }
  assert {
    condition = (
      google_cloud_run_v2_service.server.template[0].containers[0].startup_probe[0].http_get[0].path == "/ready" &&
      google_cloud_run_v2_service.server.template[0].containers[0].readiness_probe[0].http_get[0].path == "/ready" &&
      google_cloud_run_v2_service.server.template[0].containers[0].liveness_probe[0].http_get[0].path == "/health"
    )
    error_message = "All three probes go over HTTP; Cloud Run refuses a liveness probe over TCP."
  }
  assert {
    condition     = length(google_cloud_run_v2_service.server.template[0].containers) == 1 && google_cloud_run_v2_service.server.ingress == "INGRESS_TRAFFIC_ALL"
    error_message = "No collector beside it and no load balancer before it."
  }
  assert {
    condition     = !google_cloud_run_v2_service.server.template[0].session_affinity
    error_message = "Any instance answers anybody."
  }
  assert {
    condition     = google_cloud_run_v2_service.server.deletion_protection
    error_message = "A slip doesn't take the service down."
  }
}

run "its_environment" {
  command = plan

  assert {
    condition = { for e in google_cloud_run_v2_service.server.template[0].containers[0].env : e.name => e.value } == {
      GOMEMLIMIT           = "409MiB"
      GOOGLE_CLOUD_PROJECT = "library-team"
      STACKROOM_AUTH       = "tokens"
      STACKROOM_PUBLIC_URL = "https://stackroom-123456789012.europe-west1.run.app"
      STACKROOM_TOKENS     = "sm://projects/library-team/secrets/stackroom-stackroom-tokens/versions/latest"
    }
    error_message = "The environment is what sign-in with tokens needs: the secret as a reference, and no telemetry."
  }
  assert {
    condition     = output.url == "https://stackroom-123456789012.europe-west1.run.app/mcp"
    error_message = "The team gets the MCP URL."
  }
}

run "who_may_what" {
  command = plan

  assert {
    condition     = [for m in google_cloud_run_v2_service_iam_member.public : "${m.role} ${m.member}"] == ["roles/run.invoker allUsers"]
    error_message = "The internet reaches the server, which asks for a token."
  }
  assert {
    condition     = length(google_project_iam_member.runtime) == 0
    error_message = "The server has no role in the project."
  }
  assert {
    condition     = [for m in google_secret_manager_secret_iam_member.runtime : "${m.secret_id} ${m.role} ${m.member}"] == ["stackroom-stackroom-tokens roles/secretmanager.secretAccessor serviceAccount:mock@library-team.iam.gserviceaccount.com"]
    error_message = "It reads its one secret, and that one alone."
  }

  assert {
    condition     = [for m in google_secret_manager_secret_iam_member.runtime_dates : "${m.secret_id} ${m.role} ${m.member}"] == ["stackroom-stackroom-tokens roles/secretmanager.viewer serviceAccount:mock@library-team.iam.gserviceaccount.com"]
    error_message = "The server may see when its own secrets' versions were made."
  }
  assert {
    condition     = length(google_service_account.deployer) == 0 && length(google_iam_workload_identity_pool.github) == 0 && length(google_service_account.planner) == 0
    error_message = "Nobody deploys unless somebody is named."
  }
}

run "what_is_not_there" {
  command = plan

  assert {
    condition     = length(google_compute_global_forwarding_rule.edge) == 0 && length(google_compute_security_policy.edge) == 0 && length(google_compute_backend_service.server) == 0 && length(google_compute_global_address.edge) == 0
    error_message = "No load balancer without a domain."
  }
  assert {
    condition     = length(google_storage_bucket.state) == 0
    error_message = "No bucket without sign-in by Zotero."
  }
  assert {
    condition     = length(google_monitoring_alert_policy.burn) == 0 && length(google_monitoring_alert_policy.log) == 0 && length(google_monitoring_uptime_check_config.health) == 0 && length(google_billing_budget.month) == 0 && length(google_pubsub_topic.rotation) == 0
    error_message = "No alerts and no uptime check without somebody to tell."
  }
  assert {
    condition     = length(google_secret_manager_secret_version.setting) == 0
    error_message = "No value of a secret passes through Terraform unless asked."
  }
  assert {
    condition     = length(setintersection(keys(google_project_service.api), ["compute.googleapis.com", "pubsub.googleapis.com", "cloudbuild.googleapis.com", "billingbudgets.googleapis.com"])) == 0
    error_message = "Only the interfaces that are used are enabled."
  }
}

run "images" {
  command = plan

  assert {
    condition     = google_artifact_registry_repository.images.docker_config[0].immutable_tags
    error_message = "A tag can't be moved to another image."
  }
  assert {
    condition     = toset([for p in google_artifact_registry_repository.images.cleanup_policies : p.action]) == toset(["KEEP", "DELETE"])
    error_message = "Old images are cleaned away, the newest are kept."
  }
}

run "objectives_and_dashboard" {
  command = plan

  assert {
    condition     = google_monitoring_slo.availability.goal == 0.995 && google_monitoring_slo.latency.goal == 0.95 && google_monitoring_slo.latency.rolling_period_days == 28
    error_message = "There are objectives for availability and latency."
  }
  assert {
    condition     = google_monitoring_slo.latency.request_based_sli[0].distribution_cut[0].range[0].max == 2000
    error_message = "Cloud Run counts latency in milliseconds."
  }
  assert {
    condition     = length(jsondecode(google_monitoring_dashboard.server.dashboard_json).mosaicLayout.tiles) <= 50
    error_message = "A dashboard has at most 50 widgets (Cloud Monitoring's bound)."
  }
  assert {
    condition     = alltrue([for t in jsondecode(google_monitoring_dashboard.server.dashboard_json).mosaicLayout.tiles : t.xPos + t.width <= 12])
    error_message = "Every widget lies within the dashboard's twelve columns."
  }
  assert {
    condition     = strcontains(google_monitoring_dashboard.server.dashboard_json, "mcp_tool_executions_total")
    error_message = "The dashboard shows the product's own metrics."
  }
}

run "a_private_one_without_sign_in" {
  command = plan

  variables {
    auth   = "none"
    public = false
  }

  assert {
    condition     = length(google_cloud_run_v2_service_iam_member.public) == 0 && length(google_secret_manager_secret.setting) == 0
    error_message = "Without sign-in Cloud Run itself keeps strangers out."
  }
}
