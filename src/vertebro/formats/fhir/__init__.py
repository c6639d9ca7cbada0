"""FHIR R4: a record from a bundle, and the questionnaire of the dictionary of facts."""

from vertebro.formats.fhir.bundle import is_fhir
from vertebro.formats.fhir.questionnaire import fhir_questionnaire
from vertebro.formats.fhir.reader import read_fhir_case

__all__ = ["fhir_questionnaire", "is_fhir", "read_fhir_case"]
