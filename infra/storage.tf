# The bucket in which the instances record spent codes, refresh tokens and
# revocations, when people sign in with Zotero or members make personal access
# tokens, and keep snapshots of Zotero's libraries, receipts of changes and activity,
# sealed under the master key where there is one. It holds no token and no key.

locals {
  keeps_state  = var.auth == "zotero" || local.member_tokens || local.replicates
  state_bucket = "${var.project}-${var.name}-state"
}

resource "google_storage_bucket" "state" {
  count = local.keeps_state ? 1 : 0

  project                     = var.project
  name                        = local.state_bucket
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = !var.deletion_protection # a teardown deletes all versions of all objects
  labels                      = { service = var.name }

  # An object overwritten or deleted by mistake can be restored for a week.
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

  # A record is kept a little longer than the longest token, 90 days.
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age            = 100
      matches_prefix = ["ledger/"]
      with_state     = "LIVE"
    }
  }

  # The custom time of a part of a snapshot is 30 days after its last use. A former
  # generation of it is of no use.
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      days_since_custom_time = 1
      matches_prefix         = ["replicas/"]
      with_state             = "LIVE"
    }
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      days_since_noncurrent_time = 1
      matches_prefix             = ["replicas/"]
      with_state                 = "ARCHIVED"
    }
  }

  # The custom time of a receipt is 90 days after the change, that of a plan ten
  # minutes after it was made, that of activity 30 days after its day.
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      days_since_custom_time = 1
      matches_prefix         = ["journal/", "plans/", "activity/"]
      with_state             = "LIVE"
    }
  }

  soft_delete_policy {
    retention_duration_seconds = 0 # versioning does that already
  }

  depends_on = [google_project_service.api]
}

resource "google_storage_bucket_iam_member" "runtime" {
  count = local.keeps_state ? 1 : 0

  bucket = google_storage_bucket.state[0].name
  role   = "roles/storage.objectUser"
  member = google_service_account.runtime.member
}
