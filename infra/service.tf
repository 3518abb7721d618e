# The Cloud Run service, once for each region.
#
# Terraform owns the configuration of the service; the pipeline (scripts/deploy)
# owns the image and the traffic, which are under ignore_changes below. A change
# of configuration makes a revision without traffic, as a new image does. The
# next run of the pipeline checks that revision and gives it the traffic.
#
# template[0].revision is not ignored: a name there would be sent back with
# other content, and Cloud Run answers 409 to that.

locals {
  regions = compact([var.region, var.second_region])

  # The project's number makes the URL known before the service exists.
  run_urls   = [for region in local.regions : "https://${var.name}-${data.google_project.this.number}.${region}.run.app"]
  public_url = var.domain == null ? local.run_urls[0] : "https://${var.domain}"

  # Variables that follow from other inputs than settings.
  owned_settings = toset(concat([
    "PORT", "STACKROOM_ADDR", "STACKROOM_AUTH", "STACKROOM_PUBLIC_URL", "STACKROOM_STATE_BUCKET", "STACKROOM_TRUSTED_HOPS",
    "STACKROOM_DATA", "GOOGLE_CLOUD_PROJECT", "STACKROOM_METRICS_ADDR", "ZOTERO_DATA", "ZOTERO_DESKTOP", "GOMEMLIMIT",
    "OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES", "OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER",
    "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG",
  ]))

  # Libraries of Zotero are kept as replicas, which are read and brought up to date
  # between requests. Their snapshots are in the state bucket.
  replicates = var.auth == "zotero" || contains(var.secrets, "ZOTERO_API_KEY")
  cpu_always = coalesce(var.cpu_always, local.replicates)

  sign_in_environment = merge(
    { STACKROOM_AUTH = var.auth, STACKROOM_PUBLIC_URL = local.public_url },
    local.keeps_state ? { STACKROOM_STATE_BUCKET = local.state_bucket } : {},
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
  count = length(local.regions)

  project             = var.project
  name                = var.name
  location            = local.regions[count.index]
  ingress             = var.domain == null ? "INGRESS_TRAFFIC_ALL" : "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"
  deletion_protection = var.deletion_protection

  # Without Cloud Run's own check every request reaches the server, which asks
  # for a token. A grant to allUsers would do the same, and organisations
  # refuse it by default.
  invoker_iam_disabled = var.public

  # One audience for the identity tokens of callers, in every region.
  custom_audiences = var.public ? null : [local.public_url]

  # The bounds hold for all revisions together. Bounds of one revision would
  # let a candidate double them.
  scaling {
    min_instance_count = var.min_instances
    max_instance_count = var.max_instances
  }

  template {
    service_account                  = google_service_account.runtime.email
    timeout                          = "${var.timeout_seconds}s"
    max_instance_request_concurrency = var.concurrency
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    session_affinity                 = false # instances share no memory

    dynamic "vpc_access" {
      for_each = var.vpc_egress == null ? [] : [var.vpc_egress]
      content {
        egress = vpc_access.value.all_traffic ? "ALL_TRAFFIC" : "PRIVATE_RANGES_ONLY"

        network_interfaces {
          network    = vpc_access.value.network
          subnetwork = vpc_access.value.subnetworks[local.regions[count.index]]
        }
      }
    }

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
        cpu_idle          = !local.cpu_always
        startup_cpu_boost = true
      }

      dynamic "env" {
        for_each = local.environment
        content {
          name  = env.key
          value = env.value
        }
      }

      # Ready: settings, secrets and libraries are good. A new role takes IAM
      # minutes, and the server retries PermissionDenied for two of them; Cloud
      # Run allows four.
      startup_probe {
        initial_delay_seconds = 0
        period_seconds        = 2
        timeout_seconds       = 2
        failure_threshold     = 90

        http_get {
          path = "/ready"
          port = 8080
        }
      }

      # Healthy: the process runs. A restart doesn't help an upstream.
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
        depends_on = ["stackroom"] # which it scrapes; the ingress container can depend on none

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

  dynamic "binary_authorization" {
    for_each = google_binary_authorization_policy.project
    content {
      use_default = true
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
      template[0].containers[0].image,
      traffic,
    ]
  }

  # A revision starts only with its roles.
  depends_on = [
    google_project_service.api,
    google_project_iam_member.runtime,
    google_secret_manager_secret_iam_member.runtime,
    google_secret_manager_secret_iam_member.runtime_dates,
    google_storage_bucket_iam_member.runtime,
  ]
}

# Callers of a service that is not public. The alerts' uptime check signs in as
# Cloud Monitoring's own account.
resource "google_cloud_run_v2_service_iam_member" "invoker" {
  for_each = {
    for pair in setproduct(range(length(local.regions)), keys(local.invokers)) :
    "${pair[1]}-${pair[0]}" => { region = pair[0], member = local.invokers[pair[1]] }
  }

  project  = var.project
  location = google_cloud_run_v2_service.server[each.value.region].location
  name     = google_cloud_run_v2_service.server[each.value.region].name
  role     = "roles/run.invoker"
  member   = each.value.member
}

locals {
  agent = "serviceAccount:service-${data.google_project.this.number}"

  invokers = var.public ? {} : merge(
    local.deploys ? { pipeline = google_service_account.deployer[0].member } : {},
    local.alerts ? { monitoring = "${local.agent}@gcp-sa-monitoring-notification.iam.gserviceaccount.com" } : {},
    length(var.iap_members) == 0 ? {} : { iap = "${local.agent}@gcp-sa-iap.iam.gserviceaccount.com" },
  )
}
