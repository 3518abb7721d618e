# Wrong inputs, each refused by its own validation.

mock_provider "google" {
  source = "./tests/mocks"
}

variables {
  project = "library-team"
  image   = "europe-west1-docker.pkg.dev/library-team/stackroom/stackroom@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
}

run "a_project_is_needed" {
  command = plan

  variables {
    project = ""
  }

  expect_failures = [var.project]
}

run "a_project_has_an_id" {
  command = plan

  variables {
    project = "The Library"
  }

  expect_failures = [var.project]
}

run "a_tag_is_no_image" {
  command = plan

  variables {
    image = "europe-west1-docker.pkg.dev/library-team/stackroom/stackroom:v1"
  }

  expect_failures = [var.image]
}

run "latest_is_no_image" {
  command = plan

  variables {
    image = "europe-west1-docker.pkg.dev/library-team/stackroom/stackroom:latest"
  }

  expect_failures = [var.image]
}

run "half_a_digest_is_no_image" {
  command = plan

  variables {
    image = "europe-west1-docker.pkg.dev/library-team/stackroom/stackroom@sha256:0123"
  }

  expect_failures = [var.image]
}

run "the_public_needs_sign_in" {
  command = plan

  variables {
    auth = "none"
  }

  expect_failures = [var.public]
}

run "sign_in_of_another_kind" {
  command = plan

  variables {
    auth   = "basic"
    public = false
  }

  expect_failures = [var.auth]
}

run "latest_can_t_be_held" {
  command = plan

  variables {
    secret_versions = { STACKROOM_TOKENS = "latest" }
  }

  expect_failures = [var.secret_versions]
}

run "a_version_of_no_secret" {
  command = plan

  variables {
    secret_versions = { STACKROOM_MASTER_KEY = "1" }
  }

  expect_failures = [var.secret_versions]
}

run "an_owner_is_too_much" {
  command = plan

  variables {
    runtime_roles = ["roles/owner"]
  }

  expect_failures = [var.runtime_roles]
}

run "an_editor_is_too_much" {
  command = plan

  variables {
    runtime_roles = ["roles/editor"]
  }

  expect_failures = [var.runtime_roles]
}

run "an_administrator_is_too_much" {
  command = plan

  variables {
    runtime_roles = ["roles/run.admin"]
  }

  expect_failures = [var.runtime_roles]
}

run "all_secrets_are_too_many" {
  command = plan

  variables {
    runtime_roles = ["roles/secretmanager.secretAccessor"]
  }

  expect_failures = [var.runtime_roles]
}

run "a_role_has_a_name" {
  command = plan

  variables {
    runtime_roles = ["trace writer"]
  }

  expect_failures = [var.runtime_roles]
}

run "a_secret_is_no_setting" {
  command = plan

  variables {
    settings = { ZOTERO_API_KEY = "P9NiFoyLeZu2bZNvvuQPDWsd" }
  }

  expect_failures = [var.settings]
}

run "a_setting_has_one_owner" {
  command = plan

  variables {
    settings = { STACKROOM_AUTH = "none" }
  }

  expect_failures = [var.settings]
}

run "an_issuer_is_needed" {
  command = plan

  variables {
    auth = "oidc"
  }

  expect_failures = [var.settings]
}

run "a_secret_of_no_setting" {
  command = plan

  variables {
    secrets = ["DATABASE_PASSWORD"]
  }

  expect_failures = [var.secrets]
}

run "two_keys_for_one_member" {
  command = plan

  variables {
    auth    = "zotero"
    secrets = ["ZOTERO_API_KEY"]
  }

  expect_failures = [var.secrets]
}

run "a_value_of_no_secret" {
  command = plan

  variables {
    secret_generations = { STACKROOM_MASTER_KEY = 1 }
  }

  expect_failures = [var.secret_generations]
}

run "a_url_is_no_domain" {
  command = plan

  variables {
    domain = "https://library.example.org/"
  }

  expect_failures = [var.domain]
}

run "records_of_no_domain" {
  command = plan

  variables {
    dns_zone = "example-org"
  }

  expect_failures = [var.dns_zone]
}

run "ranges_without_a_domain" {
  command = plan

  variables {
    blocked_addresses = ["198.51.100.0/24"]
  }

  expect_failures = [var.blocked_addresses]
}

run "an_address_that_is_none" {
  command = plan

  variables {
    domain            = "library.example.org"
    allowed_addresses = ["everywhere"]
  }

  expect_failures = [var.allowed_addresses]
}

run "a_repository_by_name_alone" {
  command = plan

  variables {
    github = { repository = "example/stackroom", repository_id = "stackroom", owner_id = "example" }
  }

  expect_failures = [var.github]
}

run "drift_of_no_repository" {
  command = plan

  variables {
    drift_check = true
  }

  expect_failures = [var.drift_check]
}

run "a_collector_by_tag" {
  command = plan

  variables {
    telemetry       = "collector"
    collector_image = "us-docker.pkg.dev/cloud-ops-agents-artifacts/google-cloud-opentelemetry-collector/otelcol-google:0.1"
  }

  expect_failures = [var.collector_image]
}

run "a_collector_without_image" {
  command = plan

  variables {
    telemetry = "collector"
  }

  expect_failures = [var.collector_image]
}

run "an_address_that_nobody_reads" {
  command = plan

  variables {
    alert_emails = ["the admin"]
  }

  expect_failures = [var.alert_emails]
}

run "a_region_that_is_none" {
  command = plan

  variables {
    region = "Europe"
  }

  expect_failures = [var.region]
}

run "a_name_too_long" {
  command = plan

  variables {
    name = "stackroom-of-the-whole-faculty"
  }

  expect_failures = [var.name]
}

run "ipv6_without_a_domain" {
  command = plan

  variables {
    ipv6 = true
  }

  expect_failures = [var.ipv6]
}

run "a_redirect_without_a_domain" {
  command = plan

  variables {
    http_redirect = true
  }

  expect_failures = [var.http_redirect]
}

run "the_proxy_without_a_domain" {
  command = plan

  variables {
    auth        = "none"
    public      = false
    iap_members = ["group:team@example.org"]
  }

  expect_failures = [var.iap_members]
}

run "the_proxy_of_a_public_service" {
  command = plan

  variables {
    domain      = "library.example.org"
    iap_members = ["group:team@example.org"]
  }

  expect_failures = [var.iap_members]
}

run "the_proxy_for_all_users" {
  command = plan

  variables {
    auth        = "none"
    public      = false
    domain      = "library.example.org"
    iap_members = ["allUsers"]
  }

  expect_failures = [var.iap_members]
}

run "a_second_region_without_a_domain" {
  command = plan

  variables {
    second_region = "us-central1"
  }

  expect_failures = [var.second_region]
}

run "the_same_region_twice" {
  command = plan

  variables {
    domain        = "library.example.org"
    second_region = "europe-west1"
  }

  expect_failures = [var.second_region]
}

run "a_network_without_a_subnetwork" {
  command = plan

  variables {
    vpc_egress = { network = "shared", subnetworks = {} }
  }

  expect_failures = [var.vpc_egress]
}

run "a_network_in_another_region" {
  command = plan

  variables {
    vpc_egress = { network = "shared", subnetworks = { us-central1 = "us" } }
  }

  expect_failures = [var.vpc_egress]
}

run "a_first_image_of_another_repository" {
  command = plan

  variables {
    binary_authorization = true
    image                = "ghcr.io/example/stackroom@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
  }

  expect_failures = [var.image]
}

run "a_probe_that_alerts_nobody" {
  command = plan

  variables {
    probe_period_seconds = 300
    secret_generations   = { STACKROOM_PROBE_TOKEN = 1 }
  }

  expect_failures = [var.probe_period_seconds]
}

run "a_probe_of_a_private_service" {
  command = plan

  variables {
    auth                 = "none"
    public               = false
    alert_emails         = ["ops@example.org"]
    probe_period_seconds = 300
    secret_generations   = { STACKROOM_PROBE_TOKEN = 1 }
  }

  expect_failures = [var.probe_period_seconds]
}

run "a_probe_without_its_token" {
  command = plan

  variables {
    alert_emails         = ["ops@example.org"]
    probe_period_seconds = 300
  }

  expect_failures = [var.secret_generations]
}

run "a_currency_that_is_none" {
  command = plan

  variables {
    budget = { billing_account = "012345-6789AB-CDEF01", amount = 50, currency = "euro" }
  }

  expect_failures = [var.budget]
}

run "a_billing_account_that_is_none" {
  command = plan

  variables {
    budget = { billing_account = "billing", amount = 50 }
  }

  expect_failures = [var.budget]
}

run "a_client_secret_without_a_client" {
  command = plan

  variables {
    auth     = "oidc"
    settings = { STACKROOM_OIDC_ISSUER = "https://id.example.org" }
    secrets  = ["STACKROOM_OIDC_CLIENT_SECRET"]
  }

  expect_failures = [var.secrets]
}
