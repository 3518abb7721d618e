# The Cloud Run service.
#
# Terraform owns how the service is configured; the pipeline (scripts/deploy)
# owns which image runs and which revision gets the traffic. What the pipeline
# owns is under ignore_changes below, so that neither undoes the other. A
# change of configuration makes a revision without traffic, as a new image
# does; running the pipeline once more tries it and gives it the traffic.

locals {
  # With a project's number Cloud Run's URL is known before the service is.
  run_url    = "https://${var.name}-${data.google_project.this.number}.${var.region}.run.app"
  public_url = var.domain == null ? local.run_url : "https://${var.domain}"

  # The variables that follow from other inputs than settings.
  owned_settings = toset(concat([
    "PORT", "STACKROOM_ADDR", "STACKROOM_AUTH", "STACKROOM_PUBLIC_URL", "STACKROOM_STATE_BUCKET", "STACKROOM_TRUSTED_HOPS",
    "STACKROOM_DATA", "GOOGLE_CLOUD_PROJECT", "STACKROOM_METRICS_ADDR", "ZOTERO_DESKTOP", "GOMEMLIMIT",
    "OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES", "OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER",
    "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG",
  ]))

  sign_in_environment = merge(
    { STACKROOM_AUTH = var.auth, STACKROOM_PUBLIC_URL = local.public_url },
    var.auth == "zotero" ? { STACKROOM_STATE_BUCKET = local.state_bucket } : {},
    # The load balancer is a second proxy that writes X-Forwarded-For.
    var.domain == null ? {} : { STACKROOM_TRUSTED_HOPS = "2" },
  )

  # References, not values: see secrets.tf.
  secret_environment = {
    for setting in local.secrets : setting => "sm://projects/${var.project}/secrets/${google_secret_manager_secret.setting[setting].secret_id}/versions/${lookup(var.secret_versions, setting, "latest")}"
  }

  telemetry_environment = var.telemetry == "none" ? {} : merge(
    {
      OTEL_SERVICE_NAME        = var.name
      OTEL_RESOURCE_ATTRIBUTES = "gcp.project_id=${var.project}"
      OTEL_TRACES_EXPORTER     = "otlp"
      OTEL_TRACES_SAMPLER      = "parentbased_traceidratio"
      OTEL_TRACES_SAMPLER_ARG  = tostring(var.trace_ratio)
    },
    var.telemetry == "direct" ? {
      OTEL_METRICS_EXPORTER       = "otlp"
      OTEL_EXPORTER_OTLP_ENDPOINT = "https://telemetry.googleapis.com"
      OTEL_EXPORTER_OTLP_PROTOCOL = "grpc"
      } : {
      OTEL_METRICS_EXPORTER       = "none" # the collector scrapes them
      OTEL_EXPORTER_OTLP_ENDPOINT = "http://127.0.0.1:4317"
      OTEL_EXPORTER_OTLP_PROTOCOL = "grpc"
      STACKROOM_METRICS_ADDR      = "127.0.0.1:9090"
    },
  )

  environment = merge(
    var.settings,
    { GOOGLE_CLOUD_PROJECT = var.project, GOMEMLIMIT = "${floor(var.memory_mib * 0.8)}MiB" },
    local.sign_in_environment, local.secret_environment, local.telemetry_environment,
  )
}

resource "google_cloud_run_v2_service" "server" {
  project             = var.project
  name                = var.name
  location            = var.region
  ingress             = var.domain == null ? "INGRESS_TRAFFIC_ALL" : "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"
  deletion_protection = var.deletion_protection

  # Over all revisions; a revision's own bounds would let a candidate double
  # them.
  scaling {
    min_instance_count = var.min_instances
    max_instance_count = var.max_instances
  }

  template {
    service_account                  = google_service_account.runtime.email
    timeout                          = "${var.timeout_seconds}s"
    max_instance_request_concurrency = var.concurrency
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    session_affinity                 = false # no instance knows what another doesn't

    containers {
      name  = "stackroom"
      image = var.image
      args  = ["serve"]

      ports {
        name           = "http1"
        container_port = 8080
      }

      resources {
        limits            = { cpu = tostring(var.cpu), memory = "${var.memory_mib}Mi" }
        cpu_idle          = true # billed while a request is answered
        startup_cpu_boost = true
      }

      dynamic "env" {
        for_each = local.environment
        content {
          name  = env.key
          value = env.value
        }
      }

      # Ready: settings, secrets and libraries are good. A revision that never
      # gets there never gets traffic.
      startup_probe {
        initial_delay_seconds = 0
        period_seconds        = 2
        timeout_seconds       = 2
        failure_threshold     = 30

        http_get {
          path = "/ready"
          port = 8080
        }
      }

      # Healthy: the process runs. An upstream that is down is no reason to
      # start it anew.
      liveness_probe {
        initial_delay_seconds = 10
        period_seconds        = 30
        timeout_seconds       = 5
        failure_threshold     = 3

        http_get {
          path = "/health"
          port = 8080
        }
      }

      readiness_probe {
        period_seconds    = 10
        timeout_seconds   = 5
        failure_threshold = 2
        success_threshold = 1

        http_get {
          path = "/ready"
          port = 8080
        }
      }
    }

    dynamic "containers" {
      for_each = var.telemetry == "collector" ? [var.collector_image] : []
      content {
        name       = "collector"
        image      = containers.value
        args       = ["--config=env:OTELCOL_CONFIG"]
        depends_on = ["stackroom"] # which it scrapes; stackroom itself can wait for nobody

        resources {
          limits = { cpu = "0.5", memory = "256Mi" }
        }

        env {
          name  = "OTELCOL_CONFIG"
          value = templatefile("${path.module}/collector.yaml.tftpl", { project = var.project, name = var.name, region = var.region })
        }
      }
    }
  }

  traffic {
    type    = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"
    percent = 100
  }

  lifecycle {
    ignore_changes = [
      client,
      client_version,
      template[0].annotations,
      template[0].labels,
      template[0].revision,
      template[0].containers[0].image,
      traffic,
    ]
  }

  depends_on = [
    google_project_service.api,
    google_secret_manager_secret_iam_member.runtime,
  ]
}

# Who may send requests at all. Whether they are answered is the server's own
# decision, by the token.
resource "google_cloud_run_v2_service_iam_member" "public" {
  count = var.public ? 1 : 0

  project  = var.project
  location = google_cloud_run_v2_service.server.location
  name     = google_cloud_run_v2_service.server.name
  role     = "roles/run.invoker"
  member   = "allUsers"
}
