# The bucket in which the instances share which codes and refresh tokens are
# spent, when people sign in with Zotero. It holds no token and no key.

locals {
  state_bucket = "${var.project}-${var.name}-state"
}

resource "google_storage_bucket" "state" {
  count = var.auth == "zotero" ? 1 : 0

  project                     = var.project
  name                        = local.state_bucket
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = false
  labels                      = { service = var.name }

  # What is overwritten or deleted by mistake can be had back for a week.
  versioning {
    enabled = true
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      days_since_noncurrent_time = 7
      with_state                 = "ARCHIVED"
    }
  }

  # A record outlives the longest token, 90 days, by a little.
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age        = 100
      with_state = "LIVE"
    }
  }

  soft_delete_policy {
    retention_duration_seconds = 0 # versioning does that, and is paid once
  }

  depends_on = [google_project_service.api]
}

resource "google_storage_bucket_iam_member" "runtime" {
  count = var.auth == "zotero" ? 1 : 0

  bucket = google_storage_bucket.state[0].name
  role   = "roles/storage.objectUser"
  member = google_service_account.runtime.member
}
