# The options that are off unless asked for, one run each.

mock_provider "google" {
  source = "./tests/mocks"
}

variables {
  project = "library-team"
  image   = "europe-west1-docker.pkg.dev/library-team/stackroom/stackroom@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
  domain  = "library.example.org"
  github  = { repository = "example/stackroom", repository_id = "1234567", owner_id = "7654321" }
}

run "a_second_region" {
  command = plan

  variables {
    second_region = "us-central1"
    vpc_egress    = { network = "shared", subnetworks = { europe-west1 = "eu", us-central1 = "us" } }
  }

  assert {
    condition     = [for s in google_cloud_run_v2_service.server : s.location] == ["europe-west1", "us-central1"]
    error_message = "The service runs in both regions."
  }
  assert {
    condition     = [for s in google_cloud_run_v2_service.server : [for e in s.template[0].containers[0].env : e.value if e.name == "STACKROOM_PUBLIC_URL"][0]] == ["https://library.example.org", "https://library.example.org"]
    error_message = "Both regions have one public URL."
  }
  assert {
    condition = { for key, g in google_compute_region_network_endpoint_group.server : key => "${g.region} ${g.cloud_run[0].tag == null ? "-" : g.cloud_run[0].tag}" } == {
      stable    = "europe-west1 -", stable-second = "us-central1 -",
      candidate = "europe-west1 candidate", candidate-second = "us-central1 candidate",
    }
    error_message = "Each region has a backend, and its candidate another."
  }
  assert {
    condition     = toset([for key, b in local.backends : "${key} ${b.host}"]) == toset(["stable stable", "stable-second stable", "candidate candidate", "candidate-second candidate-second"]) && toset(keys(google_compute_backend_service.server)) == toset(["candidate", "candidate-second", "stable"])
    error_message = "The domain has both regions, each candidate's host one."
  }
  assert {
    condition     = google_compute_backend_service.server["stable"].outlier_detection[0].consecutive_errors == 5 && length(google_compute_backend_service.server["candidate"].outlier_detection) == 0
    error_message = "A region that answers with errors is left out for a while."
  }
  assert {
    condition     = google_compute_managed_ssl_certificate.second[0].managed[0].domains == tolist(["candidate-second.library.example.org"]) && google_compute_managed_ssl_certificate.edge[0].managed[0].domains == tolist(["library.example.org", "candidate.library.example.org"])
    error_message = "The domain's certificate stays as it is."
  }
  assert {
    condition     = toset([for r in google_compute_url_map.edge[0].host_rule : "${one(r.hosts)} ${r.path_matcher}"]) == toset(["candidate.library.example.org candidate", "candidate-second.library.example.org candidate-second"])
    error_message = "Each candidate's host leads to that candidate."
  }
  assert {
    condition = output.pipeline.GCP_TARGETS == jsonencode([
      { region = "europe-west1", smoke_url = "https://candidate.library.example.org" },
      { region = "us-central1", smoke_url = "https://candidate-second.library.example.org" },
    ])
    error_message = "The pipeline deploys to one region after the other."
  }
  assert {
    condition     = toset([for m in google_cloud_run_v2_service_iam_member.deployer : "${m.location} ${m.role}"]) == toset(["europe-west1 roles/run.developer", "us-central1 roles/run.developer"])
    error_message = "The pipeline may deploy to both."
  }
  assert {
    condition     = strcontains(google_monitoring_slo.availability.request_based_sli[0].good_total_ratio[0].total_service_filter, "location = one_of(\"europe-west1\",\"us-central1\")") && can(jsondecode(google_monitoring_dashboard.server.dashboard_json))
    error_message = "Objectives and dashboard count both regions."
  }
  assert {
    condition     = [for s in google_cloud_run_v2_service.server : "${s.template[0].vpc_access[0].egress} ${s.template[0].vpc_access[0].network_interfaces[0].subnetwork}"] == ["PRIVATE_RANGES_ONLY eu", "PRIVATE_RANGES_ONLY us"]
    error_message = "Each region uses its own subnetwork."
  }
}

run "all_traffic_by_a_network" {
  command = plan

  variables {
    domain     = null
    vpc_egress = { network = "shared", subnetworks = { europe-west1 = "eu" }, all_traffic = true }
  }

  assert {
    condition     = google_cloud_run_v2_service.server[0].template[0].vpc_access[0].egress == "ALL_TRAFFIC" && google_cloud_run_v2_service.server[0].template[0].vpc_access[0].network_interfaces[0].network == "shared"
    error_message = "Requests to the internet leave by the network."
  }
}

run "ipv6_and_a_redirect" {
  command = plan

  variables {
    ipv6          = true
    http_redirect = true
    dns_zone      = "example-org"
  }

  assert {
    condition     = { for key, r in google_compute_global_forwarding_rule.entrance : key => r.port_range } == { ipv6 = "443", http = "80", http-ipv6 = "80" }
    error_message = "There are two addresses, each with TLS and with the redirect."
  }
  assert {
    condition     = google_compute_global_address.ipv6[0].ip_version == "IPV6"
    error_message = "The second address is one of IPv6."
  }
  assert {
    condition     = google_compute_url_map.redirect[0].default_url_redirect[0].https_redirect && !google_compute_url_map.redirect[0].default_url_redirect[0].strip_query && google_compute_url_map.redirect[0].default_url_redirect[0].redirect_response_code == "MOVED_PERMANENTLY_DEFAULT"
    error_message = "HTTP is redirected to HTTPS for good, with the query."
  }
  assert {
    condition     = toset([for r in google_dns_record_set.ipv6 : "${r.type} ${r.name}"]) == toset(["AAAA library.example.org.", "AAAA candidate.library.example.org."])
    error_message = "Both hosts have a record of IPv6."
  }
  assert {
    condition     = toset(keys(output.dns_records["library.example.org"])) == toset(["A", "AAAA"])
    error_message = "The records to write include IPv6."
  }
}

run "a_redirect_alone" {
  command = plan

  variables {
    http_redirect = true
  }

  assert {
    condition     = toset(keys(google_compute_global_forwarding_rule.entrance)) == toset(["http"]) && length(google_compute_global_address.ipv6) == 0
    error_message = "The redirect needs no address of IPv6."
  }
}

run "identity_aware_proxy" {
  command = plan

  variables {
    auth         = "none"
    public       = false
    iap_members  = ["group:team@example.org"]
    alert_emails = ["ops@example.org"]
  }

  assert {
    condition     = google_compute_backend_service.server["stable"].iap[0].enabled && length(google_compute_backend_service.server["candidate"].iap) == 0
    error_message = "The proxy is before the domain; the candidate's host is for the pipeline's identity token."
  }
  assert {
    condition     = [for m in google_iap_web_backend_service_iam_member.member : "${m.role} ${m.member}"] == ["roles/iap.httpsResourceAccessor group:team@example.org"]
    error_message = "The members may pass the proxy."
  }
  assert {
    condition     = google_cloud_run_v2_service_iam_member.invoker["iap-0"].member == "serviceAccount:service-123456789012@gcp-sa-iap.iam.gserviceaccount.com"
    error_message = "The proxy may send requests to the service."
  }
  assert {
    condition     = length(google_monitoring_uptime_check_config.server) == 0 && contains(keys(google_project_service.api), "iap.googleapis.com")
    error_message = "No check from outside: the proxy would answer it."
  }
  assert {
    condition     = google_cloud_run_v2_service.server[0].custom_audiences == tolist(["https://library.example.org"]) && output.pipeline.GCP_ID_TOKEN_AUDIENCE == "https://library.example.org"
    error_message = "The pipeline's identity token is for the domain."
  }
}

run "binary_authorization" {
  command = plan

  variables {
    binary_authorization = true
    telemetry            = "collector"
    collector_image      = "us-docker.pkg.dev/cloud-ops-agents-artifacts/google-cloud-opentelemetry-collector/otelcol-google@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
  }

  assert {
    condition     = google_cloud_run_v2_service.server[0].binary_authorization[0].use_default
    error_message = "The service asks for the project's policy."
  }
  assert {
    condition     = google_binary_authorization_policy.project[0].default_admission_rule[0].evaluation_mode == "ALWAYS_DENY" && google_binary_authorization_policy.project[0].default_admission_rule[0].enforcement_mode == "ENFORCED_BLOCK_AND_AUDIT_LOG"
    error_message = "Other images are refused."
  }
  assert {
    condition     = [for p in google_binary_authorization_policy.project[0].admission_whitelist_patterns : p.name_pattern] == ["europe-west1-docker.pkg.dev/library-team/stackroom/*", var.collector_image]
    error_message = "The project's repository and the collector are accepted."
  }
}

run "a_teardown" {
  command = plan

  variables {
    auth                = "zotero"
    deletion_protection = false
  }

  assert {
    condition     = google_storage_bucket.state[0].force_destroy && !google_cloud_run_v2_service.server[0].deletion_protection && alltrue([for s in google_secret_manager_secret.setting : !s.deletion_protection])
    error_message = "Without protection everything can be destroyed, with all versions of the bucket's objects."
  }
}

run "no_teardown" {
  command = plan

  variables {
    auth = "zotero"
  }

  assert {
    condition     = !google_storage_bucket.state[0].force_destroy && alltrue([for s in google_secret_manager_secret.setting : s.deletion_protection])
    error_message = "With protection nothing is destroyed."
  }
}

run "personal_access_tokens_with_oidc" {
  command = plan

  variables {
    auth     = "oidc"
    settings = { STACKROOM_OIDC_ISSUER = "https://id.example.org", STACKROOM_OIDC_CLIENT_ID = "stackroom" }
    secrets  = ["STACKROOM_OIDC_CLIENT_SECRET"]
  }

  assert {
    condition     = length(google_storage_bucket.state) == 1 && google_storage_bucket_iam_member.runtime[0].role == "roles/storage.objectUser"
    error_message = "The instances record revoked tokens in the bucket."
  }
  assert {
    condition = alltrue([for name, value in {
      STACKROOM_STATE_BUCKET       = "library-team-stackroom-state"
      STACKROOM_MASTER_KEY         = "sm://projects/library-team/secrets/stackroom-stackroom-master-key/versions/latest"
      STACKROOM_OIDC_CLIENT_SECRET = "sm://projects/library-team/secrets/stackroom-stackroom-oidc-client-secret/versions/latest"
    } : contains([for e in google_cloud_run_v2_service.server[0].template[0].containers[0].env : "${e.name}=${e.value}"], "${name}=${value}")])
    error_message = "The environment is what personal access tokens need."
  }
}

run "oidc_without_personal_access_tokens" {
  command = plan

  variables {
    auth     = "oidc"
    settings = { STACKROOM_OIDC_ISSUER = "https://id.example.org" }
  }

  assert {
    condition     = length(google_storage_bucket.state) == 0 && !contains(keys(google_secret_manager_secret.setting), "STACKROOM_MASTER_KEY")
    error_message = "Without a client at the identity provider nothing is recorded."
  }
}

run "embeddings_of_vertex_ai" {
  command = plan

  variables {
    settings = { STACKROOM_EMBED_LIBRARIES = "all", STACKROOM_EMBED_URL = "vertex:europe-west1", STACKROOM_EMBED_MODEL = "text-multilingual-embedding-002" }
  }

  assert {
    condition     = contains(keys(google_project_iam_member.runtime), "roles/aiplatform.user") && contains(keys(google_project_service.api), "aiplatform.googleapis.com")
    error_message = "The service's account may use Vertex AI."
  }
}

run "embeddings_of_another_service" {
  command = plan

  variables {
    settings = { STACKROOM_EMBED_LIBRARIES = "all", STACKROOM_EMBED_URL = "https://api.example.org/v1", STACKROOM_EMBED_MODEL = "m" }
    secrets  = ["STACKROOM_EMBED_KEY"]
  }

  assert {
    condition     = !contains(keys(google_project_iam_member.runtime), "roles/aiplatform.user") && contains(keys(google_secret_manager_secret.setting), "STACKROOM_EMBED_KEY")
    error_message = "The key is a secret, and the account gets no role."
  }
}

run "zotero_libraries_with_tokens" {
  command = plan

  variables {
    secrets = ["ZOTERO_API_KEY"]
  }

  assert {
    condition     = !google_cloud_run_v2_service.server[0].template[0].containers[0].resources[0].cpu_idle
    error_message = "Replicas are read between requests."
  }
  assert {
    condition     = length(google_storage_bucket.state) == 1 && contains([for e in google_cloud_run_v2_service.server[0].template[0].containers[0].env : "${e.name}=${e.value}"], "STACKROOM_STATE_BUCKET=library-team-stackroom-state")
    error_message = "Snapshots are kept in the state bucket."
  }
}

run "a_processor_for_requests_only" {
  command = plan

  variables {
    auth       = "zotero"
    cpu_always = false
  }

  assert {
    condition     = google_cloud_run_v2_service.server[0].template[0].containers[0].resources[0].cpu_idle
    error_message = "cpu_always = false is kept."
  }
}
