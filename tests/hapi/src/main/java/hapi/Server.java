package hapi;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.jpa.provider.JpaSystemProvider;
import ca.uhn.fhir.jpa.search.DatabaseBackedPagingProvider;
import ca.uhn.fhir.rest.server.RestfulServer;
import ca.uhn.fhir.rest.server.provider.ResourceProviderFactory;
import java.net.InetSocketAddress;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;

/**
 * HAPI FHIR's own R4 server, empty, on a port of the loopback. It answers at {@code /fhir} and keeps
 * everything in memory.
 */
public final class Server {
    /** Less than the portal asks for, so that its pages have next ones. */
    private static final int PAGE = 50;

    private Server() {}

    /** Serves until it is ended. The one argument is the port. */
    public static void main(String[] arguments) throws Exception {
        var address = new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0]));
        var server = new org.eclipse.jetty.server.Server(address);
        var handler = new ServletContextHandler("/");
        handler.addServlet(new ServletHolder(fhir()), "/fhir/*");
        server.setHandler(handler);
        server.start();
        server.join();
    }

    @SuppressWarnings("resource") // It serves as long as the process lives.
    private static RestfulServer fhir() {
        var storage = new AnnotationConfigApplicationContext(Storage.class);
        var fhir = new RestfulServer(storage.getBean(FhirContext.class));
        fhir.registerProviders(storage.getBean(ResourceProviderFactory.class).createProviders());
        fhir.registerProvider(storage.getBean(JpaSystemProvider.class));
        var paging = storage.getBean(DatabaseBackedPagingProvider.class);
        paging.setDefaultPageSize(PAGE);
        paging.setMaximumPageSize(PAGE);
        fhir.setPagingProvider(paging);
        return fhir;
    }
}
