# Inputs: the pipeline.

variable "github" {
  description = "The repository whose main branch deploys, with its numeric ID and its owner's. A name can pass to another owner, a number can't. Null: no pipeline from GitHub."
  type = object({
    repository    = string
    repository_id = string
    owner_id      = string
  })
  default = null

  validation {
    condition     = var.github == null ? true : can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.github.repository))
    error_message = "github.repository is OWNER/NAME."
  }

  validation {
    condition     = var.github == null ? true : can(regex("^[1-9][0-9]*$", var.github.repository_id)) && can(regex("^[1-9][0-9]*$", var.github.owner_id))
    error_message = "github.repository_id and github.owner_id are numbers: gh api repos/OWNER/NAME --jq '.id, .owner.id'."
  }
}

variable "drift_check" {
  description = "Make an account that may read the project's configuration, for a weekly terraform plan from the same repository."
  type        = bool
  default     = false

  validation {
    condition     = !var.drift_check || var.github != null && var.terraform_state_bucket != null
    error_message = "drift_check needs github and terraform_state_bucket."
  }
}

variable "terraform_state_bucket" {
  description = "The bucket of this configuration's state, which drift_check reads."
  type        = string
  default     = null
}

variable "cloud_build" {
  description = "Make an account for cloudbuild.yaml, for teams without GitHub."
  type        = bool
  default     = false
}
