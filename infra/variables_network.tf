# Inputs: the domain, the network, and a second region.

variable "domain" {
  description = "Host name of the team's own, served by a load balancer with a managed certificate and Cloud Armor. Null: the service's run.app URL, without the balancer's monthly price."
  type        = string
  default     = null

  validation {
    condition     = var.domain == null ? true : can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", var.domain))
    error_message = "domain is a host name such as library.example.org, without https:// and path."
  }
}

variable "dns_zone" {
  description = "Cloud DNS zone of this project for the domain's records. Null: write the records of the output dns_records at the domain's DNS."
  type        = string
  default     = null

  validation {
    condition     = var.dns_zone == null || var.domain != null
    error_message = "dns_zone needs domain."
  }
}

variable "requests_per_minute" {
  description = "Requests a minute that Cloud Armor accepts from one address, for all instances together."
  type        = number
  default     = 600

  validation {
    condition     = var.requests_per_minute >= 10 && var.requests_per_minute <= 10000 && floor(var.requests_per_minute) == var.requests_per_minute
    error_message = "requests_per_minute is a whole number from 10 to 10000."
  }
}

variable "blocked_addresses" {
  description = "Address ranges that Cloud Armor refuses."
  type        = list(string)
  default     = []

  validation {
    condition     = length(var.blocked_addresses) <= 10 && alltrue([for range in var.blocked_addresses : can(cidrhost(range, 0))])
    error_message = "blocked_addresses are at most 10 ranges such as 203.0.113.0/24 (Cloud Armor's bound for one rule)."
  }

  validation {
    condition     = length(var.blocked_addresses) == 0 || var.domain != null
    error_message = "blocked_addresses needs domain: only the load balancer has Cloud Armor."
  }
}

variable "allowed_addresses" {
  description = "The only address ranges that Cloud Armor accepts. None: all."
  type        = list(string)
  default     = []

  validation {
    condition     = length(var.allowed_addresses) <= 10 && alltrue([for range in var.allowed_addresses : can(cidrhost(range, 0))])
    error_message = "allowed_addresses are at most 10 ranges such as 203.0.113.0/24 (Cloud Armor's bound for one rule)."
  }

  validation {
    condition     = length(var.allowed_addresses) == 0 || var.domain != null
    error_message = "allowed_addresses needs domain: only the load balancer has Cloud Armor."
  }
}

variable "ipv6" {
  description = "Serve the domain over IPv6 too."
  type        = bool
  default     = false

  validation {
    condition     = !var.ipv6 || var.domain != null
    error_message = "ipv6 needs domain: a run.app URL has IPv6 already."
  }
}

variable "http_redirect" {
  description = "Redirect http:// requests for the domain to https://, over IPv6 too where ipv6 is set."
  type        = bool
  default     = false

  validation {
    condition     = !var.http_redirect || var.domain != null
    error_message = "http_redirect needs domain: a run.app URL redirects already."
  }
}

variable "iap_members" {
  description = "Who may use the domain in a browser or with an identity token, by Identity-Aware Proxy, such as group:team@example.org. None: no Identity-Aware Proxy."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for member in var.iap_members : can(regex("^(user|group|serviceAccount|domain):[^ ]+$", member))])
    error_message = "iap_members are user:, group:, serviceAccount: or domain:, never allUsers."
  }

  validation {
    condition     = length(var.iap_members) == 0 || var.domain != null && !var.public
    error_message = "iap_members needs domain and public = false: the proxy is part of the load balancer, and Cloud Run must refuse requests around it."
  }
}

variable "second_region" {
  description = "A second region behind the same domain, for when the first one fails. Requests go to the nearest. Null: one region."
  type        = string
  default     = null

  validation {
    condition     = var.second_region == null ? true : can(regex("^[a-z]+-[a-z]+[0-9]+$", var.second_region)) && var.second_region != var.region
    error_message = "second_region is another Cloud Run region such as us-central1."
  }

  validation {
    condition     = var.second_region == null || var.domain != null
    error_message = "second_region needs domain: one load balancer serves both."
  }
}

variable "vpc_egress" {
  description = "The network that the server's requests leave by, with a subnetwork for each region. all_traffic: requests to the internet too, such as for a fixed address by Cloud NAT. Null: no network."
  type = object({
    network     = string
    subnetworks = map(string)
    all_traffic = optional(bool, false)
  })
  default = null

  validation {
    condition     = var.vpc_egress == null ? true : toset(keys(var.vpc_egress.subnetworks)) == toset(local.regions)
    error_message = "vpc_egress.subnetworks has one subnetwork for each region of the service: { europe-west1 = \"NAME\" }."
  }
}
