# What the answers service may reach in cloud-a.
variable "region" {
  type    = string
  default = "eu-central-1"
}

variable "reply_model" {
  type    = string
  default = "anthropic.claude-sonnet-4-5-20250929-v1:0"
}

resource "aws_iam_policy" "answers_model" {
  name = "answers-model"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["bedrock:InvokeModel"]
      Resource = ["arn:aws:bedrock:${var.region}::foundation-model/${var.reply_model}"]
    }]
  })
}
