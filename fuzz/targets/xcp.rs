//! XCP's envelope, as if a reseller had signed it.
#![no_main]

use std::sync::{Arc, OnceLock};

use domesday::gateway::xcp::{Settings, XcpGateway};
use domesday::model::registrar::RegistrarId;
use domesday::model::reseller::{Reseller, ResellerName};
use domesday::registry::reseller::Add;
use domesday::registry::{Actor, Call};
use domesday_fuzz::Bench;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    static GATEWAY: OnceLock<(Bench, Arc<XcpGateway>, Reseller)> = OnceLock::new();
    let (bench, gateway, reseller) = GATEWAY.get_or_init(|| {
        let bench = Bench::new();
        let registrar = RegistrarId::parse("ClientX").unwrap();
        let reseller = Reseller::new(ResellerName::parse("fuzz").unwrap(), registrar, "The Name Shop");
        let call = Call { actor: Actor::Operator, client_trid: None, server_trid: bench.registry.next_trid() };
        let add = Add { reseller: reseller.clone(), key: None };
        bench.runtime.block_on(bench.registry.run(call, add)).unwrap();
        let gateway = XcpGateway::new(Arc::clone(&bench.registry), Settings::default());
        (bench, gateway, reseller)
    });
    let answer = bench.runtime.block_on(gateway.answer_as(reseller, bytes));
    assert!(answer.contains("<OPS_envelope>"), "{answer}");
});
