# A domain of the team's own: a global load balancer with a managed certificate
# and Cloud Armor before the service, which accepts no other requests then. All
# of it only with var.domain, since a forwarding rule is billed by the hour.
#
# No backend has a timeout_sec or a port_name: Cloud Run behind a balancer
# accepts neither (the API answers 400), and its own timeout holds.

locals {
  balanced = var.domain == null ? 0 : 1

  # The candidate of a deploy is reached at a host of its own, since its run.app
  # URL is closed. With a second region there is a candidate in each.
  candidate_hosts = var.domain == null ? {} : merge(
    { candidate = "candidate.${var.domain}" },
    var.second_region == null ? {} : { candidate-second = "candidate-second.${var.domain}" },
  )
  hosts = var.domain == null ? {} : merge({ stable = var.domain }, local.candidate_hosts)

  # The backends of each host: the index of the region, and the tag.
  backends = var.domain == null ? {} : merge(
    { for index in range(length(local.regions)) : index == 0 ? "stable" : "stable-second" => { host = "stable", region = index, tag = null } },
    { for index, host in sort(keys(local.candidate_hosts)) : host => { host = host, region = index, tag = "candidate" } },
  )

  # Further entrances of the balancer: over IPv6, and over HTTP to a redirect.
  # The first entrance, IPv4 over TLS, has a resource of its own.
  entrances = merge(
    var.ipv6 ? { ipv6 = { address = "ipv6", port = "443" } } : {},
    var.http_redirect ? { http = { address = "edge", port = "80" } } : {},
    var.ipv6 && var.http_redirect ? { http-ipv6 = { address = "ipv6", port = "80" } } : {},
  )
}

resource "google_compute_global_address" "edge" {
  count = local.balanced

  project = var.project
  name    = var.name

  depends_on = [google_project_service.api]
}

resource "google_compute_global_address" "ipv6" {
  count = var.ipv6 ? 1 : 0

  project    = var.project
  name       = "${var.name}-ipv6"
  ip_version = "IPV6"

  depends_on = [google_project_service.api]
}

resource "google_compute_region_network_endpoint_group" "server" {
  for_each = local.backends

  project               = var.project
  name                  = "${var.name}-${each.key}"
  region                = local.regions[each.value.region]
  network_endpoint_type = "SERVERLESS"

  cloud_run {
    service = google_cloud_run_v2_service.server[each.value.region].name
    tag     = each.value.tag
  }
}

resource "google_compute_backend_service" "server" {
  for_each = local.hosts

  project               = var.project
  name                  = "${var.name}-${each.key}"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  protocol              = "HTTPS"
  security_policy       = google_compute_security_policy.edge[0].id

  dynamic "backend" {
    for_each = { for key, backend in local.backends : key => backend if backend.host == each.key }
    content {
      group = google_compute_region_network_endpoint_group.server[backend.key].id
    }
  }

  # A region that answers with errors gets no requests for half a minute.
  dynamic "outlier_detection" {
    for_each = each.key == "stable" && var.second_region != null ? [1] : []
    content {
      consecutive_errors           = 5
      enforcing_consecutive_errors = 100
      max_ejection_percent         = 50

      interval {
        seconds = 10
      }

      base_ejection_time {
        seconds = 30
      }
    }
  }

  # People sign in with Google before the server. The candidate's host is left
  # out: there Cloud Run itself asks the pipeline for an identity token.
  dynamic "iap" {
    for_each = each.key == "stable" && length(var.iap_members) > 0 ? [1] : []
    content {
      enabled = true
    }
  }

  log_config {
    enable      = true
    sample_rate = 1
  }
}

resource "google_iap_web_backend_service_iam_member" "member" {
  for_each = var.iap_members

  project             = var.project
  web_backend_service = google_compute_backend_service.server["stable"].name
  role                = "roles/iap.httpsResourceAccessor"
  member              = each.value
}

resource "google_compute_security_policy" "edge" {
  count = local.balanced

  project = var.project
  name    = var.name

  # Refused.
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

  # The limit of the whole service. Each instance limits each caller as well.
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

  # All other addresses.
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

  dynamic "host_rule" {
    for_each = local.candidate_hosts
    content {
      hosts        = [host_rule.value]
      path_matcher = host_rule.key
    }
  }

  dynamic "path_matcher" {
    for_each = local.candidate_hosts
    content {
      name            = path_matcher.key
      default_service = google_compute_backend_service.server[path_matcher.key].id
    }
  }
}

resource "google_compute_url_map" "redirect" {
  count = var.http_redirect ? 1 : 0

  project = var.project
  name    = "${var.name}-redirect"

  default_url_redirect {
    https_redirect         = true
    redirect_response_code = "MOVED_PERMANENTLY_DEFAULT"
    strip_query            = false
  }

  depends_on = [google_project_service.api]
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
  # Another domain gets another certificate.
  name = "${var.name}-${substr(sha256(var.domain), 0, 8)}"

  managed {
    domains = [var.domain, local.hosts.candidate]
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [google_project_service.api]
}

# A certificate of its own: a host more in the first one would replace it, and
# the domain would have none until the new one is issued.
resource "google_compute_managed_ssl_certificate" "second" {
  count = var.second_region == null ? 0 : 1

  project = var.project
  name    = "${var.name}-second-${substr(sha256(var.domain), 0, 8)}"

  managed {
    domains = [local.hosts.candidate-second]
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
  ssl_certificates = concat(google_compute_managed_ssl_certificate.edge[*].id, google_compute_managed_ssl_certificate.second[*].id)
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

resource "google_compute_target_http_proxy" "redirect" {
  count = var.http_redirect ? 1 : 0

  project = var.project
  name    = "${var.name}-redirect"
  url_map = google_compute_url_map.redirect[0].id
}

resource "google_compute_global_forwarding_rule" "entrance" {
  for_each = local.entrances

  project               = var.project
  name                  = "${var.name}-${each.key}"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  ip_address            = each.value.address == "ipv6" ? google_compute_global_address.ipv6[0].id : google_compute_global_address.edge[0].id
  port_range            = each.value.port
  target                = each.value.port == "80" ? google_compute_target_http_proxy.redirect[0].id : google_compute_target_https_proxy.edge[0].id
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

resource "google_dns_record_set" "ipv6" {
  for_each = var.dns_zone == null || !var.ipv6 ? {} : local.hosts

  project      = var.project
  managed_zone = var.dns_zone
  name         = "${each.value}."
  type         = "AAAA"
  ttl          = 300
  rrdatas      = [google_compute_global_address.ipv6[0].address]
}
