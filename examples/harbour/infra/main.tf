# What the answers service may reach in cloud-a.
variable "region" {
  type    = string
  default = "eu-central-1"
}

locals {
  model_ids = [
    "anthropic.claude-sonnet-4-5-20250929-v1:0",
    "cohere.embed-multilingual-v3",
  ]
}

resource "aws_iam_policy" "answers_models" {
  name = "answers-models"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["bedrock:InvokeModel"]
      Resource = [for id in local.model_ids : "arn:aws:bedrock:${var.region}::foundation-model/${id}"]
    }]
  })
}
