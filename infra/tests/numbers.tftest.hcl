# Every number: just below its least value, just above its greatest, and between
# two whole ones. A number with no row here has no validation; the rules of
# .ci/infra hold that every number of the inputs has one.

mock_provider "google" {
  source = "./tests/mocks"
}

variables {
  project      = "library-team"
  image        = "europe-west1-docker.pkg.dev/library-team/stackroom/stackroom@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
  alert_emails = ["ops@example.org"]
}

# An input whose validation reads another one is not checked while that one is
# wrong; such inputs have runs of their own.
run "below_the_least" {
  command = plan

  variables {
    rotation_days         = 6
    max_instances         = 0
    concurrency           = 0
    cpu                   = 0
    timeout_seconds       = 9
    requests_per_minute   = 9
    trace_ratio           = -0.01
    availability_goal     = 0.899
    latency_goal          = 0.49
    latency_ms            = 49
    alert_min_requests    = 0
    uptime_period_seconds = 0
    probe_period_seconds  = 0
    budget                = { billing_account = "012345-6789AB-CDEF01", amount = 0 }
  }

  expect_failures = [var.rotation_days, var.max_instances, var.concurrency, var.cpu, var.timeout_seconds, var.requests_per_minute, var.trace_ratio, var.availability_goal, var.latency_goal, var.latency_ms, var.alert_min_requests, var.uptime_period_seconds, var.probe_period_seconds, var.budget]
}

run "below_the_least_with_others_right" {
  command = plan

  variables {
    min_instances      = -1
    memory_mib         = 511
    secret_generations = { STACKROOM_TOKENS = 0 }
  }

  expect_failures = [var.min_instances, var.memory_mib, var.secret_generations]
}

run "above_the_greatest" {
  command = plan

  variables {
    rotation_days         = 366
    max_instances         = 101
    concurrency           = 1001
    cpu                   = 8
    timeout_seconds       = 3601
    requests_per_minute   = 10001
    trace_ratio           = 1.01
    availability_goal     = 0.99991
    latency_goal          = 0.9991
    latency_ms            = 60001
    alert_min_requests    = 100001
    uptime_period_seconds = 901
    probe_period_seconds  = 901
  }

  expect_failures = [var.rotation_days, var.max_instances, var.concurrency, var.cpu, var.timeout_seconds, var.requests_per_minute, var.trace_ratio, var.availability_goal, var.latency_goal, var.latency_ms, var.alert_min_requests, var.uptime_period_seconds, var.probe_period_seconds]
}

run "above_the_greatest_with_others_right" {
  command = plan

  variables {
    memory_mib = 8193
  }

  expect_failures = [var.memory_mib]
}

run "between_two_whole_numbers" {
  command = plan

  variables {
    rotation_days         = 30.5
    max_instances         = 4.5
    concurrency           = 80.5
    cpu                   = 1.5
    timeout_seconds       = 90.5
    requests_per_minute   = 600.5
    latency_ms            = 2000.5
    alert_min_requests    = 50.5
    uptime_period_seconds = 300.5
    probe_period_seconds  = 60.5
    budget                = { billing_account = "012345-6789AB-CDEF01", amount = 10.5 }
  }

  expect_failures = [var.rotation_days, var.max_instances, var.concurrency, var.cpu, var.timeout_seconds, var.requests_per_minute, var.latency_ms, var.alert_min_requests, var.uptime_period_seconds, var.probe_period_seconds, var.budget]
}

run "between_two_whole_numbers_with_others_right" {
  command = plan

  variables {
    min_instances      = 0.5
    memory_mib         = 1024.5
    secret_generations = { STACKROOM_TOKENS = 1.5 }
  }

  expect_failures = [var.min_instances, var.memory_mib, var.secret_generations]
}

run "the_least" {
  command = plan

  variables {
    rotation_days         = 7
    min_instances         = 0
    max_instances         = 1
    concurrency           = 1
    cpu                   = 1
    memory_mib            = 512
    timeout_seconds       = 10
    settings              = { STACKROOM_REQUEST_TIMEOUT = "9s" }
    requests_per_minute   = 10
    trace_ratio           = 0
    availability_goal     = 0.9
    latency_goal          = 0.5
    latency_ms            = 50
    alert_min_requests    = 1
    uptime_period_seconds = 60
  }

  assert {
    condition     = google_cloud_run_v2_service.server[0].template[0].timeout == "10s"
    error_message = "The least values are accepted."
  }
}

run "the_greatest" {
  command = plan

  variables {
    rotation_days         = 365
    min_instances         = 100
    max_instances         = 100
    concurrency           = 1000
    cpu                   = 4
    memory_mib            = 8192
    timeout_seconds       = 3600
    requests_per_minute   = 10000
    trace_ratio           = 1
    availability_goal     = 0.9999
    latency_goal          = 0.999
    latency_ms            = 60000
    alert_min_requests    = 100000
    uptime_period_seconds = 900
  }

  assert {
    condition     = google_cloud_run_v2_service.server[0].template[0].timeout == "3600s"
    error_message = "The greatest values are accepted."
  }
}

run "more_running_than_allowed" {
  command = plan

  variables {
    min_instances = 5
  }

  expect_failures = [var.min_instances]
}

run "memory_needs_cpu" {
  command = plan

  variables {
    memory_mib = 4097
  }

  expect_failures = [var.memory_mib]
}

run "cpu_needs_memory" {
  command = plan

  variables {
    memory_mib = 2047
    cpu        = 4
  }

  expect_failures = [var.memory_mib]
}

run "the_server_s_own_limit_is_shorter" {
  command = plan

  variables {
    settings = { STACKROOM_REQUEST_TIMEOUT = "90s" }
  }

  expect_failures = [var.settings]
}

run "the_server_s_default_limit_is_shorter" {
  command = plan

  variables {
    settings        = {}
    timeout_seconds = 60
  }

  expect_failures = [var.settings]
}
