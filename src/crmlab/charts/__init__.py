"""Pictures: a table in, Axes out; one file a concept of the course. Titles state the finding, computed."""

from crmlab.charts import funnel, rfm

__all__ = ["funnel", "rfm"]
