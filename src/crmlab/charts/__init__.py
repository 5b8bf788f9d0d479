"""Pictures: a table in, Axes out; one file a concept of the course. Titles state the finding, computed."""

from crmlab.charts import funnel, retention, rfm, value

__all__ = ["funnel", "retention", "rfm", "value"]
