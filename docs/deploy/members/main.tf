# The role by which fc-renewer looks after the members of an organisation. In the
# management account: the stack group gives it to every member that there is and to
# those that join later. docs/deploy.md says how.
terraform {
  required_version = ">= 1.5"
  required_providers {
    alicloud = {
      source  = "aliyun/alicloud"
      version = "~> 1.257.0"
    }
  }
}

variable "management_account" {
  description = "Id of the account with the function, which is the management account."
  type        = string
}

variable "function_role" {
  description = "Name of the function's role there."
  type        = string
  default     = "fc-renewer"
}

variable "external_id" {
  description = "The value of RENEW_EXTERNAL_ID."
  type        = string
  sensitive   = true
}

variable "stage" {
  description = "What the function may do: report or renew. Begin with report."
  type        = string
  default     = "report"
  validation {
    condition     = contains(["report", "renew"], var.stage)
    error_message = "The stage is report or renew."
  }
}

variable "folder_id" {
  description = "The folder of the resource directory whose accounts get the role; the root folder stands for all of them."
  type        = string
}

variable "region" {
  description = "Where the stack group is. Roles belong to no region: one is enough."
  type        = string
  default     = "cn-hangzhou"
}

provider "alicloud" {
  region = var.region
}

# Every member, by the same template as without Terraform.
resource "alicloud_ros_stack" "members" {
  stack_name    = "fc-renewer-members"
  template_body = file("${path.module}/members.ros.yaml")
  parameters {
    parameter_key   = "ManagementAccount"
    parameter_value = var.management_account
  }
  parameters {
    parameter_key   = "FunctionRole"
    parameter_value = var.function_role
  }
  parameters {
    parameter_key   = "ExternalId"
    parameter_value = var.external_id
  }
  parameters {
    parameter_key   = "Stage"
    parameter_value = var.stage
  }
  parameters {
    parameter_key   = "FolderId"
    parameter_value = var.folder_id
  }
}
