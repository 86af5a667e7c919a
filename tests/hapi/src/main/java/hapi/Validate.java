package hapi;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.SingleValidationMessage;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;

/**
 * Validates the {@code resource} of each line of files of NDJSON. What is found goes to
 * {@code FILE.hapi}, a line for each line: an array of {@code {severity, path, message}}.
 */
public final class Validate {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final FhirValidator validator;

    private Validate(FhirContext context) {
        IValidationSupport support = new ValidationSupportChain(
                new DefaultProfileValidationSupport(context),
                new CommonCodeSystemsTerminologyService(context),
                new InMemoryTerminologyServerValidationSupport(context));
        var module = new FhirInstanceValidator(support);
        validator = context.newValidator().registerValidatorModule(module);
    }

    /** The arguments are the files. */
    public static void main(String[] files) throws IOException {
        var validate = new Validate(FhirContext.forR4());
        for (String file : files) {
            List<String> findings = new ArrayList<>();
            for (String line : Files.readAllLines(Path.of(file))) {
                findings.add(validate.findings(JSON.readTree(line).get("resource").toString()));
            }
            Files.write(Path.of(file + ".hapi"), findings);
        }
    }

    private String findings(String resource) {
        ArrayNode findings = JSON.createArrayNode();
        for (SingleValidationMessage message : validator.validateWithResult(resource).getMessages()) {
            findings.addObject()
                    .put("severity", message.getSeverity().getCode())
                    .put("path", message.getLocationString())
                    .put("message", message.getMessage());
        }
        return findings.toString();
    }
}
