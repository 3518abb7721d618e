# An own domain: a global load balancer with a managed certificate and Cloud
# Armor before the service, which then can't be reached around them. All of it
# only with var.domain: a forwarding rule is paid by the hour.
#
# No backend has a timeout_sec or a port_name: Cloud Run behind a balancer
# takes neither (the API answers 400), and its own timeout holds.

locals {
  balanced = var.domain == null ? 0 : 1
  # The candidate of a deploy has a host of its own behind the same guard, as
  # its run.app URL can't be reached from outside then.
  hosts = var.domain == null ? {} : { stable = var.domain, candidate = "candidate.${var.domain}" }
}

resource "google_compute_global_address" "edge" {
  count = local.balanced

  project = var.project
  name    = var.name

  depends_on = [google_project_service.api]
}

resource "google_compute_region_network_endpoint_group" "server" {
  for_each = local.hosts

  project               = var.project
  name                  = "${var.name}-${each.key}"
  region                = var.region
  network_endpoint_type = "SERVERLESS"

  cloud_run {
    service = google_cloud_run_v2_service.server.name
    tag     = each.key == "candidate" ? "candidate" : null
  }
}

resource "google_compute_backend_service" "server" {
  for_each = local.hosts

  project               = var.project
  name                  = "${var.name}-${each.key}"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  protocol              = "HTTPS"
  security_policy       = google_compute_security_policy.edge[0].id

  backend {
    group = google_compute_region_network_endpoint_group.server[each.key].id
  }

  log_config {
    enable      = true
    sample_rate = 1
  }
}

resource "google_compute_security_policy" "edge" {
  count = local.balanced

  project = var.project
  name    = var.name

  # Turned away.
  dynamic "rule" {
    for_each = length(var.blocked_addresses) == 0 ? [] : [var.blocked_addresses]
    content {
      action   = "deny(403)"
      priority = 100

      match {
        versioned_expr = "SRC_IPS_V1"
        config {
          src_ip_ranges = rule.value
        }
      }
    }
  }

  # The whole service's limit; each instance has its own for each caller.
  rule {
    action   = "throttle"
    priority = 200

    match {
      versioned_expr = "SRC_IPS_V1"
      config {
        src_ip_ranges = length(var.allowed_addresses) == 0 ? ["*"] : var.allowed_addresses
      }
    }

    rate_limit_options {
      conform_action = "allow"
      exceed_action  = "deny(429)"
      enforce_on_key = "IP"

      rate_limit_threshold {
        count        = var.requests_per_minute
        interval_sec = 60
      }
    }
  }

  # Everybody else, or nobody else.
  rule {
    action   = length(var.allowed_addresses) == 0 ? "allow" : "deny(403)"
    priority = 2147483647

    match {
      versioned_expr = "SRC_IPS_V1"
      config {
        src_ip_ranges = ["*"]
      }
    }
  }

  depends_on = [google_project_service.api]
}

resource "google_compute_url_map" "edge" {
  count = local.balanced

  project         = var.project
  name            = var.name
  default_service = google_compute_backend_service.server["stable"].id

  host_rule {
    hosts        = [local.hosts.candidate]
    path_matcher = "candidate"
  }

  path_matcher {
    name            = "candidate"
    default_service = google_compute_backend_service.server["candidate"].id
  }
}

resource "google_compute_ssl_policy" "edge" {
  count = local.balanced

  project         = var.project
  name            = var.name
  profile         = "MODERN"
  min_tls_version = "TLS_1_2"

  depends_on = [google_project_service.api]
}

resource "google_compute_managed_ssl_certificate" "edge" {
  count = local.balanced

  project = var.project
  # Another domain is another certificate: the old one serves until then.
  name = "${var.name}-${substr(sha256(var.domain), 0, 8)}"

  managed {
    domains = values(local.hosts)
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [google_project_service.api]
}

resource "google_compute_target_https_proxy" "edge" {
  count = local.balanced

  project          = var.project
  name             = var.name
  url_map          = google_compute_url_map.edge[0].id
  ssl_certificates = [google_compute_managed_ssl_certificate.edge[0].id]
  ssl_policy       = google_compute_ssl_policy.edge[0].id
}

resource "google_compute_global_forwarding_rule" "edge" {
  count = local.balanced

  project               = var.project
  name                  = var.name
  load_balancing_scheme = "EXTERNAL_MANAGED"
  ip_address            = google_compute_global_address.edge[0].id
  port_range            = "443"
  target                = google_compute_target_https_proxy.edge[0].id
}

resource "google_dns_record_set" "edge" {
  for_each = var.dns_zone == null ? {} : local.hosts

  project      = var.project
  managed_zone = var.dns_zone
  name         = "${each.value}."
  type         = "A"
  ttl          = 300
  rrdatas      = [google_compute_global_address.edge[0].address]
}
