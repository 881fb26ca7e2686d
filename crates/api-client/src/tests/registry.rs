use endpoint::testing::{anonymous_callers_accepted, registry_faults};

use crate::{ENDPOINTS, testing::TestApp};

#[test]
fn every_endpoint_is_described() {
    assert_eq!(registry_faults(ENDPOINTS), Vec::<String>::new());
}

/// A private endpoint that forgets its `Caller` fails here, with no list to keep.
#[tokio::test]
async fn private_endpoints_refuse_anonymous_callers() {
    for app in TestApp::on_each_engine().await {
        assert_eq!(anonymous_callers_accepted(&app.site, ENDPOINTS).await, Vec::<String>::new());
    }
}
