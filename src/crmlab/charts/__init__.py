"""Pictures: a table in, Axes out; one file a concept of the course. Titles state the finding, computed."""

from crmlab.charts import fourd, funnel, retention, rfm, tagging, value, winback

__all__ = ["fourd", "funnel", "retention", "rfm", "tagging", "value", "winback"]
