"""The notifier's pages: a person's messages and answers, the figures, the texts."""
